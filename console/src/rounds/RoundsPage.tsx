/** The rounds board: every round of the day by route, its points as a strip. It follows the stream by itself. */
import { Checkbox, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Round } from "../api/types";
import { useText } from "../i18n/i18n";
import { usePlaceName } from "../parts/places";
import { Empty, Failed, Loading, NotRenewed } from "../parts/states";
import { byRoute, figureOf, needsLook, type RouteRounds } from "./board";
import { RoundRow } from "./RoundRow";
import { useRounds } from "./queries";
import "./rounds.css";

function RoutePanel({ route, shown }: { route: RouteRounds; shown: readonly Round[] }) {
  const { t } = useTranslation();
  const read = useText();
  const placeName = usePlaceName();
  const { due, completed } = figureOf(route.rounds);
  return (
    <section className="panel rounds-route" aria-label={read(route.first.name)}>
      <h2>
        {read(route.first.name)}
        <span className="muted">
          {placeName({ site: route.first.site })} · {t(`rounds.kind.${route.first.kind}`)}
        </span>
        <span className="muted figures rounds-figure">{t("rounds.completed_of", { completed, due })}</span>
      </h2>
      <table className="grid rounds">
        <tbody>
          {shown.map((round) => (
            <RoundRow key={round.id} round={round} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function RoundsPage() {
  const { t } = useTranslation();
  const [day, setDay] = useState<string>();
  const [onlyBad, setOnlyBad] = useState(false);
  const list = useRounds(day);
  const { data: rounds, error, isPending, refetch } = list;
  const shown = (one: RouteRounds) => (onlyBad ? one.rounds.filter(needsLook) : one.rounds);
  const routes = byRoute(rounds ?? []).filter((one) => shown(one).length > 0);
  return (
    <div className="sheet">
      <div className="sheet-head">
        <h1>{t("nav.rounds")}</h1>
        <div className="sheet-end">
          <Checkbox checked={onlyBad} onChange={(event) => setOnlyBad(event.target.checked)}>
            {t("rounds.only_bad")}
          </Checkbox>
          <Input
            type="date"
            aria-label={t("rounds.day")}
            style={{ width: 150 }}
            value={day ?? ""}
            onChange={(event) => setDay(event.target.value || undefined)}
          />
        </div>
      </div>
      {isPending && <Loading />}
      {error !== null && rounds === undefined && <Failed error={error} retry={() => void refetch()} />}
      <NotRenewed list={list} />
      {rounds !== undefined && routes.length === 0 && (
        <Empty title={t(onlyBad ? "rounds.none_bad" : "rounds.none")} />
      )}
      {routes.map((route) => (
        <RoutePanel key={route.key} route={route} shown={shown(route)} />
      ))}
    </div>
  );
}
