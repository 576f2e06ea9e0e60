// The doors of the sockets, `GET /ws/mgw/?uid=…` and `GET /ws/imagine/listen`: who may come in, and how the others are refused.
import { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { send } from './conversation.mjs';
import { upgradeFailure } from './errors.mjs';
import { Imagine, PATH as IMAGINE_PATH } from './imagine.mjs';
import { cookies, hasCookieTwice, tokenOptions, userIdOf } from './options.mjs';
import { Outgoing } from './outgoing.mjs';
import { Session } from './session.mjs';
import { refusesUpgrade } from './stream-errors.mjs';

const PATH = '/ws/mgw/';
const MAX_MESSAGE = 32 << 20;
/** A socket needs none of these; tests assert that they are not sent. */
const UNWANTED = ['authorization', 'x-statsig-id', 'x-xai-request-id', 'dpop'];

/** Returns the name of the failure that this handshake earns by its own fault, or null. */
function fault(req, url, userId, own) {
  if (![PATH, IMAGINE_PATH].includes(url.pathname)) return 'no_route';
  const { origin, 'user-agent': agent = '' } = req.headers;
  if (!['https://grok.com', own].includes(origin) || agent.trim() === '') return 'challenge';
  const jar = cookies(req.headers.cookie);
  if (!jar.get('sso')) return 'dead';
  if (jar.get('sso-rw') !== jar.get('sso') || hasCookieTwice(req.headers.cookie)) return 'wrong_cookies';
  if (jar.get('x-userid') !== userId) return 'wrong_user';
  if (url.pathname === PATH && url.searchParams.get('uid') !== userId) return 'wrong_user';
  return null;
}

/** Answers the handshake with an HTTP failure in place of 101. */
function refuse(req, tcp, name) {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(tcp);
  res.once('finish', () => tcp.destroySoon());
  send(res, upgradeFailure(name));
}

/** Records a turn that never came to be, since its handshake was refused: it counts as one that was asked for. */
function recordRefused(grok, socketCall, status) {
  const call = grok.record({ kind: 'chat', method: 'GET', path: socketCall.path, headers: socketCall.headers, transport: 'websocket' });
  Object.assign(call, { status, socket: socketCall.id, body: { message: '', fileAttachments: [], transport: 'websocket' }, endedAt: Date.now() });
  call.done = Promise.resolve(call);
}

/** Makes `server` accept WebSockets for `grok`. Returns how to end them all. */
export function acceptSockets(grok, server) {
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE, clientTracking: true });
  const pending = new Set();
  server.on('upgrade', (req, tcp, head) => {
    pending.add(tcp);
    tcp.on('close', () => pending.delete(tcp));
    tcp.on('error', () => {});
    tcp.setNoDelay(true);
    upgrade(grok, wss, req, tcp, head).catch((error) => {
      console.error(`scripted Grok: ${error.stack}`);
      tcp.destroy();
    });
  });
  return { end() { for (const tcp of pending) tcp.destroy(); } };
}

async function upgrade(grok, wss, req, tcp, head) {
  const url = new URL(req.url, 'http://grok.invalid');
  const call = grok.record({ kind: 'socket', method: req.method, path: url.pathname, headers: req.headers, transport: 'websocket' });
  Object.assign(call, { status: null, uid: url.searchParams.get('uid'), unwanted: UNWANTED.filter((name) => req.headers[name] !== undefined),
    events: [], refused: [], dropped: 0, turns: 0, pings: 0 });
  call.receive(req.url, ...req.rawHeaders);
  call.done = new Promise((resolve) => {
    tcp.once('close', () => {
      call.endedAt = Date.now();
      resolve(call);
    });
  });
  const userId = userIdOf(call.token);
  const own = `${grok.scheme}://${req.headers.host}`;
  const failed = fault(req, url, userId, own);
  if (failed) return refused(req, tcp, call, failed);
  const seen = new Set();
  const early = { ...tokenOptions(call.token), ...grok.scripted({ ...call, kind: 'chat', body: {} }, seen, true), ...grok.scripted(call) };
  if (early.stall) return;
  const byError = early.error !== undefined && refusesUpgrade(early.error);
  if (byError || early.reset) {
    if (early.first > 0) await sleep(early.first);
    recordRefused(grok, call, byError ? upgradeFailure(early.error).status : null);
    if (byError) return refused(req, tcp, call, early.error);
    return void tcp.destroy();
  }
  wss.handleUpgrade(req, tcp, head, (ws) => {
    call.status = 101;
    open(grok, ws, tcp, { socketCall: call, early, seen, userId });
  });
}

function refused(req, tcp, call, name) {
  call.status = upgradeFailure(name).status;
  refuse(req, tcp, name);
}

function open(grok, ws, tcp, parts) {
  const { socketCall } = parts;
  const out = new Outgoing(ws, tcp);
  const session = socketCall.path === IMAGINE_PATH ? new Imagine(grok, { ...parts, out }) : new Session(grok, { ...parts, out });
  ws.on('ping', (data) => {
    socketCall.pings += 1;
    socketCall.receive(data);
  });
  ws.on('error', (error) => { socketCall.error = error.message; });
  ws.on('message', (data, binary) => {
    socketCall.receive(data);
    session.receive(data, binary).catch((error) => {
      console.error(`scripted Grok: ${error.stack}`);
      out.destroy();
    });
  });
  ws.on('close', (code, reason) => {
    socketCall.receive(reason);
    Object.assign(socketCall, { closeCode: code, closeReason: reason.toString() });
    session.call?.end(!out.ending);
  });
}
