// Choosing one file. The same file can be chosen again after a fault.

import { useId } from "preact/hooks";

export function FileInput({
  label,
  hint,
  accept,
  onFile,
}: {
  label: string;
  hint?: string;
  accept?: string;
  onFile: (bytes: Uint8Array) => unknown;
}) {
  const id = useId();
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      <input
        id={id}
        type="file"
        accept={accept}
        aria-describedby={hint === undefined ? undefined : `${id}h`}
        onChange={async ({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (!file) return;
          const bytes = new Uint8Array(await file.arrayBuffer());
          currentTarget.value = "";
          onFile(bytes);
        }}
      />
      {hint !== undefined && (
        <span class="hint" id={`${id}h`}>
          {hint}
        </span>
      )}
    </div>
  );
}
