import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';
import { LONGEST } from './longest-files.ts';

/**
 * Starts the longest files first, or one worker would run such a file at the end while the others are idle. Vitest knows
 * the times of an earlier run, but a clean checkout has none. A worker keeps what it has loaded as long as the next file
 * is of its project, so all others follow project by project.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = ['adapters', 'alone', 'edge', 'fast'];
    const rank = ({ moduleId, project }: TestSpecification) => {
      const index = LONGEST.findIndex((path) => moduleId.endsWith(`/${path}`));
      return index === -1 ? LONGEST.length + projects.indexOf(project.name) : index;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
