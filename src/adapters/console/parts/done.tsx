import type { FC } from 'hono/jsx';
import type { Fields } from '../forms.ts';

/** Tells what a form has done, by its name in the query. Screen readers say it. */
export const Done: FC<{ query: Fields; texts: Readonly<Record<string, string>> }> = ({ query, texts }) => {
  const text = texts[query.text('done')];
  return text === undefined ? null : (
    <div class="note good" role="status">
      {text}
    </div>
  );
};
