/** A dialog on the stage: the life-safety band stays in sight and in reach above it. */
import { Modal } from "antd";
import type { ReactNode } from "react";
import { stage } from "./stage";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ title, onClose, children }: Props) {
  return (
    <Modal open centered title={title} onCancel={onClose} footer={null} getContainer={stage}>
      {children}
    </Modal>
  );
}
