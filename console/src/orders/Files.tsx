/** The files of an order: to look at, to save, and to add one. What a file is, the server says. */
import { Button } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { WorkOrderDetail } from "../api/types";
import { Refused } from "../parts/states";
import { Instant } from "../parts/times";
import { useMay } from "../session/session";
import { ACCEPTED, LARGEST_BYTES, isPicture, pathOf, writeSize } from "./files";
import { useAttach } from "./queries";

export function Files({ order }: { order: WorkOrderDetail }) {
  const { t } = useTranslation();
  const attach = useAttach(order.id);
  const mayHandle = useMay("handle_orders");
  const input = useRef<HTMLInputElement>(null);
  const [tooLarge, setTooLarge] = useState<string>();

  function send(file: File | undefined): void {
    if (file === undefined) return;
    setTooLarge(file.size > LARGEST_BYTES ? file.name : undefined);
    if (file.size <= LARGEST_BYTES) attach.mutate(file);
  }

  return (
    <section className="block">
      <h3>{t("orders.files.title")}</h3>
      {order.attachments.length === 0 && <p className="muted">{t("orders.files.none")}</p>}
      <ul className="order-files">
        {order.attachments.map((file) => (
          <li key={file.id}>
            <a href={pathOf(order.id, file.id)} download>
              {isPicture(file.type) && (
                <img className="order-picture" src={pathOf(order.id, file.id)} alt="" loading="lazy" />
              )}
              <span>{file.name}</span>
            </a>
            <span className="muted">
              <span className="figures">{writeSize(file.size_bytes)}</span> · {file.added_by} ·{" "}
              <Instant at={file.added_at} />
            </span>
          </li>
        ))}
      </ul>
      {mayHandle && (
        <>
          <input
            ref={input}
            className="unseen"
            type="file"
            tabIndex={-1}
            accept={ACCEPTED}
            aria-label={t("orders.files.add")}
            onChange={(event) => {
              send(event.target.files?.[0]);
              event.target.value = ""; // the same file can be chosen again after a refusal
            }}
          />
          <Button loading={attach.isPending} onClick={() => input.current?.click()}>
            {t("orders.files.add")}
          </Button>{" "}
          <span className="muted">{t("orders.files.takes")}</span>
        </>
      )}
      {tooLarge !== undefined && (
        <p className="note-error" role="alert">
          {t("orders.files.too_large", { name: tooLarge })}
        </p>
      )}
      {tooLarge === undefined && <Refused error={attach.error} />}
    </section>
  );
}
