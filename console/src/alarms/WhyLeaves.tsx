/** The conditions of a rule, each with what was observed; those that decided are told from those that did not. */
import { useTranslation } from "react-i18next";
import { writeTime } from "../i18n/instant";
import { nameOf, written, type WhyReader } from "./Why";
import { comparedWith, type Fields } from "./whyRecord";

function Leaf({ leaf, reader }: { leaf: Fields; reader: WhyReader }) {
  const { t } = useTranslation();
  const metric = typeof leaf.metric === "string" ? leaf.metric : "";
  const is = typeof leaf.is === "string" ? leaf.is : "";
  const at = typeof leaf.at === "string" ? leaf.at : leaf.last_received;
  return (
    <tr data-decided={leaf.decided === true || undefined}>
      <td>{metric !== "" && nameOf(metric, reader)}</td>
      <td>
        {reader.word(is)}{" "}
        {comparedWith(leaf)
          .map((value) => written(metric, value, reader))
          .join(" / ")}
      </td>
      <td className="end figures">{"observed" in leaf && written(metric, leaf.observed, reader)}</td>
      <td className="figures muted">{typeof at === "string" && writeTime(at)}</td>
      <td>{leaf.decided === true ? t("why.decided") : ""}</td>
    </tr>
  );
}

export function Leaves({ leaves, reader }: { leaves: readonly Fields[]; reader: WhyReader }) {
  const { t } = useTranslation();
  if (leaves.length === 0) return null;
  return (
    <table className="why-leaves">
      <thead>
        <tr>
          <th scope="col">{t("devices.metric")}</th>
          <th scope="col">{t("why.condition")}</th>
          <th scope="col" className="end">
            {t("why.observed")}
          </th>
          <th scope="col">{t("why.at")}</th>
          <th scope="col">
            <span className="unseen">{t("why.decided")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {leaves.map((leaf, index) => (
          <Leaf key={index} leaf={leaf} reader={reader} />
        ))}
      </tbody>
    </table>
  );
}
