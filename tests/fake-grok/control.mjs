// Remote control for those outside this process (other languages, a browser): the same levers as the JavaScript object.
//
//   GET  /__control/calls[?since=N&kind=chat]   calls received
//   POST /__control/reset                       forget calls, rules and limits
//   POST /__control/script {"rule":{…},"options":{…}}
//   POST /__control/limits {"token":"…","limits":{…}}   "*" stands for all accounts
//   GET  /__control/quotas?token=…              what its user has left, by mode
//   POST /__control/clock {"pass":MS}           let time pass for the windows of the quotas
export function control(grok, url, body, res) {
  const reply = (status, value) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(value));
  };
  switch (url.pathname) {
    case '/__control/calls': {
      const since = Number(url.searchParams.get('since') ?? 0);
      const kind = url.searchParams.get('kind');
      return reply(200, grok.calls.filter((call) => call.id >= since && (!kind || call.kind === kind)));
    }
    case '/__control/reset':
      grok.reset();
      return reply(200, { ok: true });
    case '/__control/script':
      grok.script(body?.rule ?? {}, body?.options ?? {});
      return reply(200, { ok: true });
    case '/__control/limits':
      grok.limit(body?.token, body?.limits ?? {});
      return reply(200, { ok: true });
    case '/__control/quotas':
      return reply(200, grok.quotas(url.searchParams.get('token') ?? ''));
    case '/__control/clock':
      try {
        grok.turnClock(body ?? {});
      } catch (error) {
        return reply(400, { error: error.message });
      }
      return reply(200, { ok: true });
    default:
      return reply(404, { error: 'no such control' });
  }
}
