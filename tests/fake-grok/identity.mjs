// Whose session this is: `GET /api/auth/session` (way A) and the cookie that `GET /` sets (way B).
import { sendFailure } from './conversation.mjs';

/** The shapes in which way A gives the user id. */
const SHAPES = {
  session: (userId) => ({ status: 'authenticated', session: { userId, email: 'a@example.org', givenName: 'A', familyName: 'B', organizationId: '' } }),
  'user.id': (userId) => ({ status: 'authenticated', user: { id: userId, email: 'a@example.org' } }),
  userId: (userId) => ({ status: 'authenticated', userId }),
  sub: (userId) => ({ status: 'authenticated', sub: userId }),
  none: () => ({ status: 'authenticated', session: {} }),
  garbage: () => ({ status: 'authenticated', session: { userId: 'not-a-uuid' } }),
  unauthenticated: () => ({ status: 'unauthenticated' }),
  blocked: (userId) => ({ status: 'blocked', session: { userId } }),
};

/** Answers an identity call. `options`: `error` (a name of errors.mjs), `shape`. */
export function identity(call, res, userId, { error, shape = 'session' }) {
  const dead = error === 'dead' || call.token === '';
  if (call.path === '/') {
    if (dead) return void res.writeHead(307, { location: 'https://accounts.x.ai/' }).end();
    if (error) return sendFailure(res, error);
    return void res.writeHead(200, { 'content-type': 'text/html; charset=utf-8',
      'set-cookie': [`x-userid=${userId}; Path=/; Secure; SameSite=Lax`, 'i18nextLng=en; Path=/'] }).end('<!DOCTYPE html><title>Grok</title>');
  }
  if (dead) return sendFailure(res, 'dead');
  if (error) return sendFailure(res, error);
  if (!SHAPES[shape]) throw new Error(`the scripted Grok knows no identity shape ${shape}`);
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(SHAPES[shape](userId)));
}
