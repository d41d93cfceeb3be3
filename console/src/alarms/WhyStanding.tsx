/** When it was raised, what a person reported, and what was decided about how it stands: each with its instant. */
import { useTranslation } from "react-i18next";
import { Instant } from "../parts/times";
import { becauseOf, standingWord, textIn, type Fields } from "./whyRecord";

/** A line of the list; nothing where there is nothing to say. */
function At({ label, at, said }: { label: string; at: string | undefined; said?: string | undefined }) {
  if (at === undefined) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <Instant at={at} /> {said}
      </dd>
    </>
  );
}

interface Props {
  raised: Fields | undefined;
  report: Fields | undefined;
  standing: Fields | undefined;
}

export function WhyStanding({ raised, report, standing }: Props) {
  const { t } = useTranslation();
  const stands = standingWord(standing);
  return (
    <dl className="facts why-standing">
      <At label={t("why.raised")} at={textIn(raised, "at")} said={textIn(raised, "by")} />
      <At
        label={t("why.report")}
        at={textIn(report, "at")}
        said={[textIn(report, "by"), textIn(report, "note")].filter(Boolean).join(": ")}
      />
      {stands !== undefined && (
        <At
          label={t("why.stands")}
          at={textIn(standing, "at")}
          said={[t(`alarm_standing.${stands}`), becauseOf(standing)].filter(Boolean).join(": ")}
        />
      )}
    </dl>
  );
}
