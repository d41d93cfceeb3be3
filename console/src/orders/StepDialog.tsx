/** What a step asks for, and the step itself. A refusal stays on the form, with what was typed. */
import { Button, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Step, StepRequest, WorkOrder } from "../api/types";
import { Dialog } from "../parts/Dialog";
import { Refused } from "../parts/states";
import { useSession } from "../session/session";
import { useOpenOrders, useTakeStep } from "./queries";
import { STEP_FIELDS, stepRequest, type Field } from "./steps";

type Typed = Partial<Record<keyof StepRequest, string>>;

const VERDICTS = ["real", "false", "test", "fault"] as const;
const LONGEST = { note: 2000, name: 64 } as const;
const NAMES_LIST = "people-known";

/** People whose names are on screen anyway: whoever is signed in, and who has orders. */
function useKnownNames(): string[] {
  const { data: session } = useSession();
  const { data: orders = [] } = useOpenOrders();
  const names = [session?.name, ...orders.flatMap((order) => [order.assignee, order.owner])];
  return [...new Set(names.filter((name): name is string => Boolean(name)))].sort();
}

function FieldInput({ field, ...rest }: { field: Field }) {
  const { t } = useTranslation();
  const names = useKnownNames();
  switch (field) {
    case "assignee":
    case "approver":
      return (
        <>
          <Input
            {...rest}
            list={NAMES_LIST}
            maxLength={LONGEST.name}
            autoCapitalize="none"
            autoComplete="off"
          />
          <datalist id={NAMES_LIST}>
            {names.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      );
    case "until":
      return <Input {...rest} type="datetime-local" />;
    case "verdict":
      return (
        <Select
          {...rest}
          allowClear
          options={VERDICTS.map((one) => ({ value: one, label: t(`verdict.${one}`) }))}
        />
      );
    case "reason":
    case "cause":
      return <Input.TextArea {...rest} maxLength={LONGEST.note} autoSize={{ minRows: 2, maxRows: 5 }} />;
  }
}

interface Props {
  order: WorkOrder;
  step: Step;
  onClose: () => void;
}

export function StepDialog({ order, step, onClose }: Props) {
  const { t } = useTranslation();
  const take = useTakeStep(order.id);
  const { must, may } = STEP_FIELDS[step];
  return (
    <Dialog title={t(`step.${step}`)} onClose={onClose}>
      <p className="muted">
        {order.number} · {t(`step_means.${step}`)}
      </p>
      <Form<Typed>
        layout="vertical"
        requiredMark="optional"
        onFinish={(typed) => take.mutate({ step, details: stepRequest(typed) }, { onSuccess: onClose })}
      >
        {[...must, ...may].map((field) => (
          <Form.Item
            key={field}
            name={field}
            label={t(`told.${field}`)}
            required={must.includes(field)}
            rules={must.includes(field) ? [{ required: true, message: t("form.required") }] : []}
          >
            <FieldInput field={field} />
          </Form.Item>
        ))}
        <Form.Item name="note" label={t("told.note")}>
          <Input.TextArea maxLength={LONGEST.note} autoSize={{ minRows: 2, maxRows: 5 }} />
        </Form.Item>
        <Refused error={take.error} />
        <Button type="primary" htmlType="submit" size="large" block loading={take.isPending}>
          {t(`step.${step}`)}
        </Button>
      </Form>
    </Dialog>
  );
}
