/** Other limits and severities for some devices, each with its reason and who decided it. */
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Override } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { NoteForm } from "../parts/NoteForm";
import { useKindName, usePlaceName } from "../parts/places";
import { Failed, NotRenewed } from "../parts/states";
import { useMay } from "../session/session";
import { OVERRIDE_COLUMNS, OverrideCells } from "./OverrideCells";
import { useOverrides, useRemoveOverride } from "./queries";

const OverrideDialog = lazy(async () => ({ default: (await import("./OverrideDialog")).OverrideDialog }));

const COLUMNS = ["devices", ...OVERRIDE_COLUMNS, "act"] as const;

function RemoveDialog({ override, onClose }: { override: Override; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveOverride(override.id);
  return (
    <Dialog title={t("override.remove_title")} onClose={onClose}>
      <p className="muted">{t("override.remove_means")}</p>
      <NoteForm
        label={t("told.reason")}
        act={t("override.remove")}
        primary
        pending={remove.isPending}
        error={remove.error}
        onSend={(reason) => remove.mutate(reason, { onSuccess: onClose })}
      />
    </Dialog>
  );
}

interface RowProps {
  override: Override;
  mayChange: boolean;
  onRemove: (override: Override) => void;
}

function OverrideRow({ override, mayChange, onRemove }: RowProps) {
  const { t } = useTranslation();
  const place = usePlaceName();
  const kindName = useKindName();
  const named = [override.devices.join(", "), override.model, override.tags.join(", ")].filter(Boolean);
  return (
    <tr>
      <td>
        <strong>{named.length > 0 ? named.join(" · ") : t("override.all")}</strong>{" "}
        <span className="muted">
          {kindName(override.kind)} · {place({ site: override.site })}
        </span>
      </td>
      <OverrideCells override={override} />
      <td className="end">
        {mayChange && (
          <Button size="small" onClick={() => onRemove(override)}>
            {t("override.remove")}
          </Button>
        )}
      </td>
    </tr>
  );
}

export function OverridesPanel() {
  const { t } = useTranslation();
  const mayChange = useMay("change_rules");
  const list = useOverrides();
  const [setting, setSetting] = useState(false);
  const [removing, setRemoving] = useState<Override>();
  const overrides = list.data ?? [];
  return (
    <section className="panel overrides" aria-label={t("override.title")}>
      <div className="overrides-head">
        <h2>{t("override.title")}</h2>
        {mayChange && (
          <Button size="small" onClick={() => setSetting(true)}>
            {t("override.set")}
          </Button>
        )}
      </div>
      <NotRenewed list={list} />
      {list.error !== null && list.data === undefined && (
        <Failed error={list.error} retry={() => void list.refetch()} />
      )}
      {list.data !== undefined && overrides.length === 0 && (
        <p className="muted overrides-none">{t("override.none")}</p>
      )}
      {overrides.length > 0 && (
        <div className="scroll-x">
          <table className="grid stacks" aria-label={t("override.title")}>
            <thead>
              <tr>
                {COLUMNS.map((column) => (
                  <th key={column} scope="col">
                    {column === "act" ? (
                      <span className="unseen">{t("override.remove")}</span>
                    ) : (
                      t(`override.column.${column}`)
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {overrides.map((one) => (
                <OverrideRow key={one.id} override={one} mayChange={mayChange} onRemove={setRemoving} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Suspense>
        {setting && <OverrideDialog onClose={() => setSetting(false)} />}
        {removing !== undefined && (
          <RemoveDialog override={removing} onClose={() => setRemoving(undefined)} />
        )}
      </Suspense>
    </section>
  );
}
