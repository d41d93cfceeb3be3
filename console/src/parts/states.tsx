/** What a page says besides its content: that it loads, is empty, failed or was refused, and that there is more. */
import { Button } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { writeTime } from "../i18n/instant";
import "./states.css";

/** What was asked for, as far as a page without it has to know. */
export interface List {
  isPending: boolean;
  isRefetchError: boolean;
  error: unknown;
  data: unknown;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

const ROWS_OF_SKELETON = [0, 1, 2, 3, 4, 5];

export function Loading() {
  const { t } = useTranslation();
  return (
    <div className="state-loading" role="status">
      <span className="unseen">{t("state.loading")}</span>
      {ROWS_OF_SKELETON.map((row) => (
        <div key={row} className="state-row" aria-hidden="true" />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state-box">
      <p className="state-title">{title}</p>
      {children !== undefined && <p className="muted">{children}</p>}
    </div>
  );
}

/** The words of an error: the problem's own detail where the API gave one. */
export function useErrorWords(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof Problem)) return t("problem.unreachable");
    if (error.status === 403) return t("problem.not_allowed", { detail: error.message });
    if (error.winner !== undefined && !error.message.includes(error.winner))
      return t("problem.winner", { detail: error.message, winner: error.winner });
    return error.message || t("problem.status", { status: error.status });
  };
}

/** Over a list that is shown still, although asking for it again has failed: it must not pass for the present. */
export function NotRenewed({ list }: { list: Pick<List, "isRefetchError" | "error" | "dataUpdatedAt"> }) {
  const { t } = useTranslation();
  const words = useErrorWords();
  if (!list.isRefetchError) return null;
  return (
    <p className="state-old" role="alert">
      {t("state.not_renewed", { time: writeTime(list.dataUpdatedAt), why: words(list.error) })}
    </p>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const words = useErrorWords();
  return (
    <div className="state-box" role="alert">
      <p className="state-title">{t("state.failed")}</p>
      <p>{words(error)}</p>
      {retry !== undefined && <Button onClick={retry}>{t("act.retry")}</Button>}
    </div>
  );
}

/** All that a list has to say besides its rows: that it is on its way, that it failed, or that it is not renewed. */
export function ListState({ list }: { list: List }) {
  return (
    <>
      <NotRenewed list={list} />
      {list.isPending && <Loading />}
      {list.error !== null && list.data === undefined && (
        <Failed error={list.error} retry={() => void list.refetch()} />
      )}
    </>
  );
}

/** Under a list that comes page by page: the button for the next one, as long as there is one. */
export function More({
  list,
}: {
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}) {
  const { t } = useTranslation();
  if (!list.hasNextPage) return null;
  return (
    <p className="keys">
      <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        {t("act.more")}
      </Button>
    </p>
  );
}

/** Under a form: why what was asked for was not done. */
export function Refused({ error }: { error: unknown }) {
  const words = useErrorWords();
  if (error === null || error === undefined) return null;
  return (
    <p className="note-error" role="alert">
      {words(error)}
    </p>
  );
}
