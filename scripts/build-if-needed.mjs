import { buildIfNeeded } from './build.mjs';

buildIfNeeded();
