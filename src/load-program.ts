import { reasonText, missingPackage } from './reason-text.ts';

/** Loads a program, or says how to install the packages that it needs: the ledger alone does not bring them. */
export async function loadProgram(load: () => Promise<unknown>): Promise<void> {
  try {
    await load();
  } catch (error) {
    if (missingPackage(error) === undefined) throw error;
    process.stderr.write(`${reasonText(error)}\n`);
    process.exitCode = 1;
  }
}
