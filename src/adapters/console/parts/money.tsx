import type { FC } from 'hono/jsx';
import { usePage } from '../layout.tsx';
import { moneyText, signedMoneyText } from '../text.ts';
import type { Money } from '../text.ts';

/** An amount of money, which never breaks over two lines. */
export const Amount: FC<Money & { class?: string }> = ({ class: kind = '', ...money }) => (
  <span class={`money ${kind}`.trim()}>{moneyText(money, usePage())}</span>
);

/** A change of a balance: with its sign, and coloured if money came in. */
export const BalanceChange: FC<Money> = (money) => (
  <span class={money.amount < 0n ? 'money out' : 'money in'}>{signedMoneyText(money, usePage())}</span>
);
