// Remote control for those outside this process (other languages, a browser): the same levers as the JavaScript object.
//
//   GET  /__control/calls[?since=N&kind=responses]   calls received, keys as hashes
//   GET  /__control/state                            { open, peak, spent (ticks), mistakes }
//   POST /__control/reset                            forget calls, rules, limits and what was spent
//   POST /__control/script {"rule":{…},"options":{…}}
//   POST /__control/limits {"key":"…","limits":{…}}  "*" stands for all teams
//   POST /__control/clock {"pass":MS}                let time pass for the windows of the limits
export function control(xai, url, body, res) {
  const reply = (status, value) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(value));
  };
  const order = (act) => {
    try { act(); } catch (error) { return reply(400, { error: error.message }); }
    return reply(200, { ok: true });
  };
  switch (url.pathname) {
    case '/__control/calls': {
      const since = Number(url.searchParams.get('since') ?? 0);
      const kind = url.searchParams.get('kind');
      return reply(200, xai.calls.filter((call) => call.id >= since && (!kind || call.kind === kind)));
    }
    case '/__control/state': return reply(200, { open: xai.open, peak: xai.peak, spent: xai.spent(), mistakes: xai.mistakes });
    case '/__control/reset': return order(() => xai.reset());
    case '/__control/script': return order(() => xai.script(body?.rule ?? {}, body?.options ?? {}));
    case '/__control/limits': return order(() => xai.limit(body?.key, body?.limits ?? {}));
    case '/__control/clock': return order(() => xai.turnClock(body ?? {}));
    default: return reply(404, { error: 'no such control' });
  }
}
