/** People who may sign in, and what an administrator may do about each. */
import { App, Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import type { Person } from "../api/types";
import { OWN_NAMES } from "../shell/ownNames";
import { Instant } from "../parts/times";
import { useErrorWords } from "../parts/states";
import { useEndSessions } from "./queries";

const COLUMNS = ["name", "role", "sites", "language", "created", "act"] as const;

interface RowProps {
  person: Person;
  onEdit: (person: Person) => void;
}

function PersonRow({ person, onEdit }: RowProps) {
  const { t } = useTranslation();
  const words = useErrorWords();
  const { notification } = App.useApp();
  const end = useEndSessions();
  const signOut = () =>
    end.mutate(person.name, {
      onSuccess: () =>
        notification.info({
          title: t("accounts.signed_out", { name: person.name }),
          placement: "bottomRight",
        }),
      onError: (error) => notification.error({ title: words(error), placement: "bottomRight" }),
    });
  return (
    <tr className={person.disabled ? "muted" : undefined}>
      <td>
        <strong>{person.name}</strong> {person.full_name}
        {person.disabled && <div>{t("accounts.disabled")}</div>}
      </td>
      <td>{t(`role.${person.role}`)}</td>
      <td>{person.sites === null ? t("accounts.all_sites") : person.sites.join(", ")}</td>
      <td>{OWN_NAMES[person.language]}</td>
      <td>{person.created_at !== null && <Instant at={person.created_at} />}</td>
      <td className="end">
        <span className="row-acts">
          <Popconfirm
            title={t("accounts.sign_out_ask", { name: person.name })}
            okText={t("accounts.sign_out")}
            cancelText={t("act.leave")}
            onConfirm={signOut}
          >
            <Button size="small" loading={end.isPending}>
              {t("accounts.sign_out")}
            </Button>
          </Popconfirm>
          <Button size="small" onClick={() => onEdit(person)}>
            {t("accounts.edit")}
          </Button>
        </span>
      </td>
    </tr>
  );
}

interface Props {
  people: readonly Person[];
  onEdit: (person: Person) => void;
}

export function PeopleTable({ people, onEdit }: Props) {
  const { t } = useTranslation();
  return (
    <table className="grid" aria-label={t("accounts.people")}>
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col">
              {column === "act" ? (
                <span className="unseen">{t("accounts.edit")}</span>
              ) : (
                t(`accounts.column.${column}`)
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <PersonRow key={person.name} person={person} onEdit={onEdit} />
        ))}
      </tbody>
    </table>
  );
}
