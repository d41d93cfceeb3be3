/** Tokens of programs. The secrets are nowhere: a lost token is revoked and another made. */
import { App, Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import type { Token } from "../api/types";
import { useNow } from "../live/clock";
import { Instant } from "../parts/times";
import { useErrorWords } from "../parts/states";
import { tokenStanding } from "./changes";
import { useRevokeToken } from "./queries";

const COLUMNS = ["token", "role", "sites", "created", "expires", "standing", "act"] as const;

function TokenRow({ token }: { token: Token }) {
  const { t } = useTranslation();
  const words = useErrorWords();
  const { notification } = App.useApp();
  const standing = tokenStanding(token, useNow());
  const revoke = useRevokeToken();
  return (
    <tr className={standing === "good" ? undefined : "muted"}>
      <td>
        <strong>{token.name}</strong> <code>{token.id}</code>
      </td>
      <td>{t(`role.${token.role}`)}</td>
      <td>{token.sites === null ? t("accounts.all_sites") : token.sites.join(", ")}</td>
      <td>
        <Instant at={token.created_at} />
      </td>
      <td>{token.expires_at === null ? t("accounts.never") : <Instant at={token.expires_at} />}</td>
      <td>
        {t(`accounts.standing.${standing}`)} {token.revoked_at !== null && <Instant at={token.revoked_at} />}
      </td>
      <td className="end">
        {standing === "good" && (
          <Popconfirm
            title={t("accounts.revoke_ask", { name: token.name })}
            okText={t("accounts.revoke")}
            cancelText={t("act.leave")}
            onConfirm={() =>
              revoke.mutate(token.id, {
                onError: (error) => notification.error({ title: words(error), placement: "bottomRight" }),
              })
            }
          >
            <Button size="small" loading={revoke.isPending}>
              {t("accounts.revoke")}
            </Button>
          </Popconfirm>
        )}
      </td>
    </tr>
  );
}

export function TokenTable({ tokens }: { tokens: readonly Token[] }) {
  const { t } = useTranslation();
  return (
    <table className="grid" aria-label={t("accounts.tokens")}>
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col">
              {column === "act" ? (
                <span className="unseen">{t("accounts.revoke")}</span>
              ) : (
                t(`accounts.column.${column}`)
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <TokenRow key={token.id} token={token} />
        ))}
      </tbody>
    </table>
  );
}
