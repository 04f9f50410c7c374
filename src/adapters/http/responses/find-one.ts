import { PassbookError } from '../../../domain/errors.ts';

/** Returns what `find` finds as a list, which is empty if there is nothing that the caller may see. */
export async function findOne<T>(find: () => Promise<T>): Promise<readonly T[]> {
  try {
    return [await find()];
  } catch (error) {
    const isNotFound =
      error instanceof PassbookError &&
      (error.code === 'account_not_found' || error.code === 'transfer_not_found');
    if (isNotFound) return [];
    throw error;
  }
}
