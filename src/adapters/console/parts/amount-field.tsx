import type { Child, FC } from 'hono/jsx';
import { usePage } from '../layout.tsx';
import { currencySign } from '../text.ts';
import type { Money } from '../text.ts';

export type AmountFieldProps = Omit<Money, 'amount'> & {
  readonly label: string;
  readonly name?: string;
  readonly value?: string;
  readonly hint?: Child;
  /** Sentence about what is wrong with the value. */
  readonly fault?: string | undefined;
  readonly autofocus?: boolean;
};

/** A large input of an amount, with the sign of its currency. */
export const AmountField: FC<AmountFieldProps> = ({
  label,
  currency,
  exponent,
  name = 'amount',
  value = '',
  hint,
  fault,
  autofocus = false,
}) => {
  const described = [hint ? `${name}-hint` : '', fault ? `${name}-fault` : ''].filter(Boolean).join(' ');
  return (
    <div class="field amount">
      <label for={name}>
        {label} <span class="hidden">in {currency}</span>
      </label>
      <div class="signed">
        <span class="sign" aria-hidden="true">
          {currencySign({ currency, exponent }, usePage())}
        </span>
        <input
          id={name}
          name={name}
          value={value}
          inputmode="decimal"
          autocomplete="off"
          required
          maxlength={24}
          autofocus={autofocus || fault !== undefined}
          aria-describedby={described || undefined}
          aria-invalid={fault ? 'true' : undefined}
        />
      </div>
      {fault && (
        <p class="field-fault" id={`${name}-fault`}>
          {fault}
        </p>
      )}
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
};
