/** One note and one button. Keeps what was typed until it was taken. */
import { Button, Input } from "antd";
import { useState } from "react";
import { Refused } from "./states";

const LONGEST_NOTE = 2000;

interface Props {
  label: string;
  act: string;
  pending: boolean;
  error: unknown;
  primary?: boolean;
  onSend: (note: string, done: () => void) => void;
}

export function NoteForm({ label, act, pending, error, primary = false, onSend }: Props) {
  const [note, setNote] = useState("");
  return (
    <form
      className="note-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (note.trim() !== "") onSend(note.trim(), () => setNote(""));
      }}
    >
      <Input.TextArea
        aria-label={label}
        placeholder={label}
        value={note}
        maxLength={LONGEST_NOTE}
        autoSize={{ minRows: 2, maxRows: 6 }}
        onChange={(event) => setNote(event.target.value)}
      />
      <Refused error={error} />
      <Button
        htmlType="submit"
        type={primary ? "primary" : "default"}
        loading={pending}
        disabled={note.trim() === ""}
      >
        {act}
      </Button>
    </form>
  );
}
