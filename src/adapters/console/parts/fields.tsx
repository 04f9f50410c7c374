import type { Child, FC, PropsWithChildren } from 'hono/jsx';

export type FieldProps = {
  readonly name: string;
  readonly label: string;
  readonly type?: string;
  readonly value?: string;
  readonly hint?: Child;
  /** Sentence about what is wrong with the value. */
  readonly fault?: string | undefined;
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly autocomplete?: string;
  readonly inputmode?: 'decimal' | 'numeric' | 'text';
  readonly maxlength?: number;
  readonly minlength?: number;
  readonly pattern?: string;
  readonly placeholder?: string;
  readonly class?: string;
};

/** A labelled input with its hint and fault, which screen readers tell with it. */
export const Field: FC<FieldProps> = ({
  name,
  label,
  hint,
  fault,
  type = 'text',
  class: kind = '',
  ...input
}) => {
  const described = [hint ? `${name}-hint` : '', fault ? `${name}-fault` : ''].filter(Boolean).join(' ');
  return (
    <div class={`field ${kind}`.trim()}>
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={type}
        {...input}
        aria-describedby={described || undefined}
        aria-invalid={fault ? 'true' : undefined}
      />
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {fault && (
        <p class="field-fault" id={`${name}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
};

export type SelectProps = {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly hint?: Child;
};

export const Select: FC<SelectProps> = ({ name, label, value, options, hint }) => (
  <div class="field">
    <label for={name}>{label}</label>
    <select id={name} name={name} aria-describedby={hint ? `${name}-hint` : undefined}>
      {options.map((option) => (
        <option value={option.value} selected={option.value === value}>
          {option.text}
        </option>
      ))}
    </select>
    {hint && (
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    )}
  </div>
);

/** Facts as pairs of a label and a value. */
export const Facts: FC<PropsWithChildren> = ({ children }) => <dl class="facts">{children}</dl>;

export const Fact: FC<PropsWithChildren<{ label: string }>> = ({ label, children }) => (
  <div>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);

/** A list that is empty says what to do next. */
export const Empty: FC<PropsWithChildren<{ title: string }>> = ({ title, children }) => (
  <div class="empty">
    <p class="title">{title}</p>
    {children}
  </div>
);
