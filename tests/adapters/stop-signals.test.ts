import { expect, it } from 'vitest';
import { stopSignals } from '../../src/stop-signals.ts';

it('A stop in order begins with the signals that the system can send', () => {
  expect(stopSignals('linux')).toEqual(['SIGTERM', 'SIGINT']);
  expect(stopSignals('darwin')).toEqual(['SIGTERM', 'SIGINT']);
  expect(stopSignals('win32')).toEqual(['SIGINT', 'SIGBREAK', 'SIGHUP']);
});
