// Errors of admin API calls and what to do about them, by error code.
export const text = {
  en: {
    unexpected: 'Unexpected error: {message}. Reload the page; if the error comes back, please report it.',
    unreachable: 'The gateway does not respond. Check your connection and that the gateway is running, then try again.',
    status: 'The gateway returned status {status}.',
    BAD_CREDENTIALS: 'Wrong user name or password.',
    TOO_MANY_LOGINS: 'Too many failed sign-ins from this address. Try again in {minutes} min.',
    FOREIGN_ORIGIN: 'The gateway does not accept requests from this page’s origin. Open the console at the gateway’s own address; behind a proxy, set the variable trusted_proxy.',
    database_error: 'The database is unavailable. Nothing was changed; try again in a moment.',
    database_full: 'The disk of the database is full, so the gateway cannot store anything, not even a sign-in. Free space on the gateway’s machine or clear the file cache, then try again.',
    database_newer: 'The database was created by a newer release of Grok2API. Update the gateway.',
    body_too_large: 'The request is larger than 20 MiB. Send it in smaller parts.',
    REFRESH_RUNNING: 'A refresh is already running.',
  },
  'zh-CN': {
    unexpected: '发生意外错误：{message}。请刷新页面；如果再次出现，请向我们反馈。',
    unreachable: '网关没有响应。请检查网络连接，并确认网关正在运行，然后重试。',
    status: '网关返回状态码 {status}。',
    BAD_CREDENTIALS: '用户名或密码错误。',
    TOO_MANY_LOGINS: '该地址登录失败次数过多，请在 {minutes} 分钟后重试。',
    FOREIGN_ORIGIN: '网关不接受此页面来源的请求。请通过网关自己的地址打开控制台；如果使用了反向代理，请设置变量 trusted_proxy。',
    database_error: '数据库暂时不可用。未做任何更改，请稍后重试。',
    database_full: '数据库所在磁盘已满，网关无法保存任何数据，也无法登录。请在网关所在的机器上释放空间，或清空文件缓存，然后重试。',
    database_newer: '数据库由更新版本的 Grok2API 创建，请升级网关。',
    body_too_large: '请求超过 20 MiB，请分批提交。',
    REFRESH_RUNNING: '已有刷新任务正在运行。',
  },
};
