import { Hono } from 'hono';
import type { SignedInPageEnv } from '../../shared/page-edge.ts';
import type { ConsolePorts } from '../ports.ts';
import { apiKeyPages } from './api-keys.tsx';
import { authenticatorAppRoutes } from './authenticator-app.tsx';
import { eventRoutes } from './events.tsx';
import { passkeyRoutes } from './passkeys.tsx';
import { passwordRoutes } from './password.tsx';
import { profilePages } from './profile.tsx';
import { securityPageRoutes } from './security-page.tsx';

/** Pages about a person's access and profile, in every role. */
export function securityRoutes(ports: ConsolePorts) {
  return new Hono<SignedInPageEnv>()
    .route('/', securityPageRoutes(ports))
    .route('/', passwordRoutes(ports))
    .route('/', passkeyRoutes(ports))
    .route('/', authenticatorAppRoutes(ports))
    .route('/', apiKeyPages(ports))
    .route('/', eventRoutes(ports))
    .route('/', profilePages(ports));
}
