// What goes wrong in a call, by the codes of the admin API, and what to do about it.
export const text = {
  en: {
    unexpected: 'Something unexpected went wrong: {message}. Reload the page; if it comes again, please report it.',
    unreachable: 'The gateway does not answer. Check your connection and that it is running, then try again.',
    status: 'The gateway answered with status {status}.',
    BAD_CREDENTIALS: 'Wrong user name or password.',
    TOO_MANY_LOGINS: 'Too many wrong passwords from this address. Try again in {minutes} min.',
    FOREIGN_ORIGIN: 'The gateway takes this page for a foreign one. Open the console at the gateway’s own address; behind a proxy, set the variable trusted_proxy.',
    database_error: 'The database cannot be used right now. Nothing was changed; try again in a moment.',
    database_full: 'The disk of the database is full, so nothing can be stored, no sign-in either. Free space on the machine that runs the gateway, or clear the cache of files, then try again.',
    database_newer: 'The database belongs to a newer release of Grok2API. Update the gateway.',
    body_too_large: 'That is more than 20 MiB at once. Send it in parts.',
    REFRESH_RUNNING: 'A refresh is already running.',
  },
  'zh-CN': {
    unexpected: '发生意外错误：{message}。请刷新页面；如再次出现，请反馈给我们。',
    unreachable: '网关没有响应。请检查网络以及网关是否在运行，然后重试。',
    status: '网关返回状态码 {status}。',
    BAD_CREDENTIALS: '用户名或密码错误。',
    TOO_MANY_LOGINS: '该地址密码错误次数过多，请在 {minutes} 分钟后重试。',
    FOREIGN_ORIGIN: '网关认为此页面来自其他站点。请用网关自己的地址打开控制台；若经过反向代理，请设置变量 trusted_proxy。',
    database_error: '数据库暂时不可用，未做任何更改，请稍后重试。',
    database_full: '数据库所在磁盘已满，无法保存任何内容（包括登录）。请在运行网关的机器上释放空间，或清空文件缓存，然后重试。',
    database_newer: '数据库属于更新版本的 Grok2API，请升级网关。',
    body_too_large: '一次提交超过 20 MiB，请分批提交。',
    REFRESH_RUNNING: '刷新任务已在运行。',
  },
};
