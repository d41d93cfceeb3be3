/** Accounts of people and tokens of programs, for administrators. */
import { Button, Segmented } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Person } from "../api/types";
import { Empty, ListState } from "../parts/states";
import { PeopleTable } from "./PeopleTable";
import { usePeople, useTokens } from "./queries";
import { TokenTable } from "./TokenTable";
import "./accounts.css";

const PersonDialog = lazy(async () => ({ default: (await import("./PersonDialog")).PersonDialog }));
const TokenDialog = lazy(async () => ({ default: (await import("./TokenDialog")).TokenDialog }));

const TABS = ["people", "tokens"] as const;
type Tab = (typeof TABS)[number];

function People({ onEdit }: { onEdit: (person: Person) => void }) {
  const list = usePeople();
  return (
    <>
      <ListState list={list} />
      {list.data !== undefined && <PeopleTable people={list.data} onEdit={onEdit} />}
    </>
  );
}

function Tokens() {
  const { t } = useTranslation();
  const list = useTokens();
  return (
    <>
      <ListState list={list} />
      {list.data?.length === 0 && (
        <Empty title={t("accounts.no_tokens")}>{t("accounts.no_tokens_means")}</Empty>
      )}
      {list.data !== undefined && list.data.length > 0 && <TokenTable tokens={list.data} />}
    </>
  );
}

export function AccountsPage() {
  const { t } = useTranslation();
  const [tab, setTab] = useState<Tab>("people");
  const [editing, setEditing] = useState<Person | "new">();
  const [making, setMaking] = useState(false);
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.accounts")}</h1>
        <Segmented<Tab>
          value={tab}
          onChange={setTab}
          options={TABS.map((one) => ({ value: one, label: t(`accounts.${one}`) }))}
        />
        <div className="sheet-end">
          {tab === "people" ? (
            <Button onClick={() => setEditing("new")}>{t("accounts.new_person")}</Button>
          ) : (
            <Button onClick={() => setMaking(true)}>{t("accounts.new_token")}</Button>
          )}
        </div>
      </div>
      <div className="panel scroll-x">{tab === "people" ? <People onEdit={setEditing} /> : <Tokens />}</div>
      <Suspense>
        {editing !== undefined && (
          <PersonDialog
            person={editing === "new" ? undefined : editing}
            onClose={() => setEditing(undefined)}
          />
        )}
        {making && <TokenDialog onClose={() => setMaking(false)} />}
      </Suspense>
    </div>
  );
}
