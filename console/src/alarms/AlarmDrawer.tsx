/** One alarm whole: what it means, what to do, why it came, what happened, and what a person may do now. */
import { Button, Drawer } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { AlarmDetail } from "../api/types";
import { useText } from "../i18n/i18n";
import { spanWords } from "../i18n/span";
import { useOrderNumber } from "../orders/queries";
import { useKindName, usePlaceName } from "../parts/places";
import { NoteForm } from "../parts/NoteForm";
import { stage } from "../parts/stage";
import { SeverityMark } from "../parts/severity";
import { Failed, Loading, useErrorWords } from "../parts/states";
import { Timeline } from "../parts/Timeline";
import { Age, Instant } from "../parts/times";
import { mayBeShelved } from "../standing/hidden";
import { HiddenBy } from "../standing/HiddenBy";
import { useUnshelve } from "../standing/queries";
import { useAcknowledging } from "./acknowledging";
import { AlarmNotices } from "./AlarmNotices";
import { isLatched, isUnacknowledged } from "./order";
import { useAlarm, useComment, useEnd } from "./queries";
import { RuleThen } from "./RuleThen";
import { Why } from "./Why";

const ShelveDialog = lazy(async () => ({ default: (await import("../standing/ShelveDialog")).ShelveDialog }));

const WIDEST_PX = 620;

/** Aside for a while, and back: only what is announced and threatens nobody's life. */
function Shelf({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useTranslation();
  const words = useErrorWords();
  const [shelving, setShelving] = useState(false);
  const unshelve = useUnshelve();
  return (
    <>
      {mayBeShelved(alarm) && <Button onClick={() => setShelving(true)}>{t("standing.shelve.open")}</Button>}
      {alarm.standing === "shelved" && alarm.state !== "normal" && (
        <Button loading={unshelve.isPending} onClick={() => unshelve.mutate(alarm.id)}>
          {t("standing.shelve.end")}
        </Button>
      )}
      {unshelve.error !== null && (
        <span className="note-error" role="alert">
          {words(unshelve.error)}
        </span>
      )}
      <Suspense>{shelving && <ShelveDialog alarm={alarm} onClose={() => setShelving(false)} />}</Suspense>
    </>
  );
}

function Head({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useTranslation();
  const { mayHandle, acknowledging, acknowledge } = useAcknowledging();
  const unseen = isUnacknowledged(alarm.state);
  return (
    <div className="drawer-head">
      <SeverityMark severity={alarm.severity} unseen={unseen} />
      {alarm.life_safety && <strong className="life-safety-word">{t("alarms.life_safety")}</strong>}
      {alarm.standing !== "announced" && (
        <strong>
          {t(`alarm_standing.${alarm.standing}`)}
          {alarm.standing_until !== null && (
            <>
              {" "}
              {t("alarm_standing.until")} <Instant at={alarm.standing_until} />
            </>
          )}
        </strong>
      )}
      <span>{t(`alarm_state.${alarm.state}`)}</span>
      {alarm.state !== "normal" && <Age since={alarm.last_raised_at} />}
      {mayHandle && (
        <div className="drawer-acts">
          <Shelf alarm={alarm} />
          {unseen && (
            <Button type="primary" loading={acknowledging === alarm.id} onClick={() => acknowledge(alarm.id)}>
              {t("act.acknowledge")}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function NextCall({ next }: { next: NonNullable<AlarmDetail["next"]> }) {
  const { t } = useTranslation();
  const read = useText();
  return (
    <>
      <dt>{t("alarms.next")}</dt>
      <dd>
        <Instant at={next.at} />{" "}
        {t("alarms.next_call", {
          whom: read(next.title),
          channel: read(next.channel_title),
          because: read(next.because_text),
        })}
      </dd>
    </>
  );
}

function Facts({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useTranslation();
  const place = usePlaceName();
  const kindName = useKindName();
  const numberOf = useOrderNumber();
  return (
    <dl className="facts">
      <dt>{t("orders.column.place")}</dt>
      <dd>{place(alarm)}</dd>
      <dt>{t(`subject.${alarm.subject.type}`)}</dt>
      <dd>
        {alarm.device === null ? (
          alarm.subject.id
        ) : (
          <Link to={`/devices/${encodeURIComponent(alarm.site)}/${encodeURIComponent(alarm.device)}`}>
            {alarm.device}
          </Link>
        )}{" "}
        {alarm.kind !== null && <span className="muted">{kindName(alarm.kind)}</span>}
      </dd>
      <dt>{t("alarms.raised")}</dt>
      <dd>
        <Instant at={alarm.raised_at} />
      </dd>
      {alarm.occurrences > 1 && (
        <>
          <dt>{t("alarms.column.occurrences")}</dt>
          <dd>
            {alarm.occurrences}, {t("alarms.last_raised")} <Instant at={alarm.last_raised_at} />
          </dd>
        </>
      )}
      {alarm.acknowledged_by !== null && alarm.acknowledged_at !== null && (
        <>
          <dt>{t("alarms.acknowledged_by")}</dt>
          <dd>
            {alarm.acknowledged_by}, <Instant at={alarm.acknowledged_at} />
          </dd>
        </>
      )}
      {alarm.standing_by !== null && (
        <>
          <dt>{t("standing.column.hidden_by")}</dt>
          <dd>
            <HiddenBy alarm={alarm} />
          </dd>
        </>
      )}
      {alarm.next != null && <NextCall next={alarm.next} />}
      {alarm.work_order !== null && (
        <>
          <dt>{t("alarms.column.job")}</dt>
          <dd>
            <Link to={`/orders/${encodeURIComponent(alarm.work_order)}`}>{numberOf(alarm.work_order)}</Link>
          </dd>
        </>
      )}
    </dl>
  );
}

function Card({ card }: { card: NonNullable<AlarmDetail["card"]> }) {
  const { t } = useTranslation();
  const read = useText();
  return (
    <dl className="facts">
      <dt>{t("card.consequence")}</dt>
      <dd>{read(card.consequence)}</dd>
      <dt>{t("card.response")}</dt>
      <dd>{read(card.response)}</dd>
      <dt>{t("card.time")}</dt>
      <dd>{spanWords(t, card.time_to_respond_s * 1000)}</dd>
    </dl>
  );
}

function Acts({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useTranslation();
  const comment = useComment(alarm.id);
  const end = useEnd(alarm.id);
  return (
    <>
      {isLatched(alarm.state) && (
        <section className="block">
          <h3>{t("end.title")}</h3>
          <p className="muted">{t("end.means")}</p>
          <NoteForm
            label={t("end.note")}
            act={t("act.end")}
            primary
            pending={end.isPending}
            error={end.error}
            onSend={(note, done) => end.mutate(note, { onSuccess: done })}
          />
        </section>
      )}
      <section className="block">
        <h3>{t("comment.title")}</h3>
        <NoteForm
          label={t("comment.note")}
          act={t("act.comment")}
          pending={comment.isPending}
          error={comment.error}
          onSend={(note, done) => comment.mutate(note, { onSuccess: done })}
        />
      </section>
    </>
  );
}

function Content({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useTranslation();
  const { mayHandle } = useAcknowledging();
  return (
    <>
      <Head alarm={alarm} />
      <Facts alarm={alarm} />
      {alarm.card && (
        <section className="block">
          <h3>{t("card.title")}</h3>
          <Card card={alarm.card} />
        </section>
      )}
      {alarm.why && (
        <section className="block">
          <h3>{t("why.title")}</h3>
          <Why why={alarm.why} kind={alarm.kind} rule={alarm.rule} />
          {alarm.rule_as_it_was && <RuleThen rule={alarm.rule_as_it_was} />}
        </section>
      )}
      <section className="block">
        <h3>{t("timeline.title")}</h3>
        <Timeline events={alarm.timeline} />
      </section>
      <section className="block">
        <h3>{t("notices.of_alarm")}</h3>
        <AlarmNotices id={alarm.id} />
      </section>
      {mayHandle && <Acts alarm={alarm} />}
    </>
  );
}

export function AlarmDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const read = useText();
  const { data, isPending, error, refetch } = useAlarm(id);
  return (
    <Drawer
      open
      mask={false}
      getContainer={stage}
      rootStyle={{ position: "absolute" }}
      onClose={onClose}
      size={Math.min(WIDEST_PX, window.innerWidth)}
      title={data ? read(data.title) : t("nav.alarms")}
    >
      {isPending && <Loading />}
      {error !== null && data === undefined && <Failed error={error} retry={() => void refetch()} />}
      {data !== undefined && <Content alarm={data} />}
    </Drawer>
  );
}
