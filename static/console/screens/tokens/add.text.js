// Adding tokens: pasted or from files, seen before it is done.
export const text = {
  en: {
    title: 'Add tokens', paste: 'Tokens', pasteHint: 'Lines with a token, sso=…, cookies, “copy as cURL”, ledgers, CSV or JSON. Only the tokens are kept: passwords and mail addresses are neither stored nor sent.', placeholder: 'eyJ0eXAiOiJKV1Qi…', chooseFile: 'Choose files', orDrop: 'or drop them here', removeFile: 'Remove {name}',
    type: 'Account type', sso: 'Basic', ssoHint: 'Free account', ssoSuper: 'Super', ssoSuperHint: 'SuperGrok, with heavy quota', typeHint: 'Where a file names the type, that counts.', update: 'Update tokens that are here already with what the file says', 
    help: 'Where do I find the token?', help1: 'Sign in to grok.com in a browser with the account that shall answer.', help2: 'Open the developer tools (F12), then Application (in Firefox: Storage) and Cookies, https://grok.com.', help3: 'Copy the value of the cookie named sso. It begins with “eyJ”.', help4: 'Do not sign out there: that ends the session. A private window that you just close keeps it alive.',
    preview: 'What will happen', previewEmpty: 'Paste tokens or choose files: what will be added is shown here first.', reading: 'Reading…',
    all: 'All', added: 'New', updated: 'Updated', skipped: 'Unchanged', invalid: 'Not understood', line: 'Line {n}', lineOf: '{file}, line {n}', more: { one: 'and {n} more line', other: 'and {n} more lines' }, lines: 'Lines', none: 'No line of this kind.',
    submit: { one: 'Add {n} token', other: 'Add {n} tokens' }, submitUpdate: { one: 'Update {n} token', other: 'Update {n} tokens' }, submitBoth: 'Add {added}, update {updated}', submitNone: 'Add tokens',
    addedCount: '{n} added', updatedCount: '{n} updated', skippedCount: '{n} unchanged', invalidCount: '{n} not understood', and: ', ',
    recorded: 'The User-Agent of this browser was stored for requests to Grok. You can change it in the settings.', badContent: 'This cannot be read as tokens: {reason}', badFile: '{name} could not be read. Choose it again.', tooBig: '{name} is larger than 19 MB. Split it into smaller files.',
    r_repeat: 'It is in line {detail} too', r_here: 'It is here already', r_nothing: 'It is here already; the file says nothing new', r_type: 'Its type is not said', r_empty: 'The token is empty', r_noSso: 'The cookie line has no cookie named sso', r_long: 'Longer than 4,096 characters', r_character: 'It holds a character that no token has', r_short: 'No token: shorter than 20 characters', r_none: 'No token in it: neither a JWT nor a value after sso=', r_several: 'More than one token in it', r_site: 'Cookies of another site', r_others: 'Other cookies, left out: {detail}', r_noCookie: 'Cookies, but none of grok.com named sso', r_field: 'Neither a text nor an object with a token', r_json: 'This line is no JSON', r_badType: 'The type is neither sso nor ssoSuper', r_badState: 'The state is none of active, disabled, expired', r_badTags: 'The tags are no list of texts', r_badNumber: 'A quota or its end is no whole number', r_tags: 'Too many tags, or too long ones', r_note: 'The note is too long', r_number: 'A number is out of range',
    d_type: 'type', d_tags: 'tags', d_note: 'note', d_quota: 'quota', 'd_user id': 'user id', changes: 'Changes: {what}',
  },
  'zh-CN': {
    title: '添加 Token', paste: 'Token', pasteHint: '每行一个 Token，也可以是 sso=…、Cookie、“复制为 cURL”、账号列表、CSV 或 JSON。只保留 Token 本身；密码和邮箱既不会存储，也不会发送。', placeholder: 'eyJ0eXAiOiJKV1Qi…', chooseFile: '选择文件', orDrop: '或拖放到这里', removeFile: '移除 {name}',
    type: '账户类型', sso: 'Basic', ssoHint: '免费账户', ssoSuper: 'Super', ssoSuperHint: 'SuperGrok，含 Heavy 额度', typeHint: '文件中注明类型的，以文件为准。', update: '用文件内容更新已存在的 Token',
    help: '在哪里找到 Token？', help1: '在浏览器中用要使用的账户登录 grok.com。', help2: '打开开发者工具（F12），选择 Application（Firefox 为“存储”），再选 Cookie 中的 https://grok.com。', help3: '复制名为 sso 的 Cookie 的值，它以“eyJ”开头。', help4: '请不要在该浏览器中退出登录，否则会话会失效；可以使用无痕窗口，用完直接关闭即可。',
    preview: '预览', previewEmpty: '粘贴 Token 或选择文件后，这里会先显示将要添加的内容。', reading: '读取中…',
    all: '全部', added: '新增', updated: '更新', skipped: '不变', invalid: '无法识别', line: '第 {n} 行', lineOf: '{file} 第 {n} 行', more: '另有 {n} 行', lines: '各行', none: '没有这类内容。',
    submit: '添加 {n} 个 Token', submitUpdate: '更新 {n} 个 Token', submitBoth: '添加 {added} 个，更新 {updated} 个', submitNone: '添加 Token',
    addedCount: '新增 {n} 个', updatedCount: '更新 {n} 个', skippedCount: '不变 {n} 个', invalidCount: '无法识别 {n} 个', and: '，',
    recorded: '已保存本浏览器的 User-Agent，用于向 Grok 发送请求。可在设置中修改。', badContent: '无法识别为 Token：{reason}', badFile: '无法读取 {name}，请重新选择。', tooBig: '{name} 超过 19 MB，请拆分后再导入。',
    r_repeat: '与第 {detail} 行重复', r_here: '已存在', r_nothing: '已存在，且文件中没有新内容', r_type: '未注明类型', r_empty: 'Token 为空', r_noSso: '该行 Cookie 中没有 sso', r_long: '超过 4,096 个字符', r_character: '含有 Token 中不会出现的字符', r_short: '不是 Token：少于 20 个字符', r_none: '其中没有 Token：既没有 JWT，也没有 sso= 的值', r_several: '其中有多个 Token', r_site: '这是其他网站的 Cookie', r_others: '其他 Cookie 已略过：{detail} 个', r_noCookie: '有 Cookie，但没有 grok.com 的 sso', r_field: '既不是文本，也不是含 Token 的对象', r_json: '该行不是 JSON', r_badType: '类型只能是 sso 或 ssoSuper', r_badState: '状态只能是 active、disabled 或 expired', r_badTags: '标签不是文本列表', r_badNumber: '额度或其结束时间不是整数', r_tags: '标签过多或过长', r_note: '备注过长', r_number: '数字超出范围',
    d_type: '类型', d_tags: '标签', d_note: '备注', d_quota: '额度', 'd_user id': '用户 ID', changes: '变更：{what}',
  },
};
