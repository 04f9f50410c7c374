import { CUSTOMER_STYLE } from './customer.ts';
import { FORMS_STYLE } from './forms.ts';
import { FRAME_STYLE } from './frame.ts';
import { MONEY_STYLE } from './money.ts';
import { PARTS_STYLE } from './parts.ts';
import { STAFF_STYLE } from './staff.ts';

/** The style sheet of all pages of the console. */
export const STYLE = [FRAME_STYLE, PARTS_STYLE, FORMS_STYLE, MONEY_STYLE, CUSTOMER_STYLE, STAFF_STYLE].join(
  '\n',
);
