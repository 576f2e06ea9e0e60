// Adding accounts: pasted tokens and files, the preview, and the result.
export const text = {
  en: {
    title: 'Add accounts', paste: 'Tokens', pasteHint: 'Lines with a token, sso=…, cookies, “copy as cURL”, account lists, CSV or JSON. The gateway keeps only the tokens: it neither stores nor sends passwords and email addresses.', placeholder: 'eyJ0eXAiOiJKV1Qi…', chooseFile: 'Choose files', orDrop: 'or drop them here', removeFile: 'Remove {name}',
    type: 'Type', typeRead: 'Read from Grok', sso: 'Basic', ssoSuper: 'Super', ssoHeavy: 'Heavy', typeHint: 'The gateway reads type and quotas from Grok. A type that you choose here or give in a file counts only until then.', update: 'Update existing accounts with the data in the file',
    help: 'Where do I find the token?', help1: 'Sign in to grok.com in a browser with the account.', help2: 'Open the developer tools (F12), then Application (in Firefox: Storage), Cookies, https://grok.com.', help3: 'Copy the value of the cookie named sso. It begins with “eyJ”.', help4: 'Do not sign out there, because that ends the session. If you use a private window, just close it.',
    preview: 'Preview', previewEmpty: 'Paste tokens or choose files to see what will be added.', reading: 'Reading…',
    all: 'All', added: 'New', updated: 'Updated', skipped: 'Unchanged', invalid: 'Invalid', line: 'Line {n}', lineOf: '{file}, line {n}', more: { one: 'and {n} more line', other: 'and {n} more lines' }, lines: 'Lines', none: 'No lines with this result.',
    submit: { one: 'Add {n} account', other: 'Add {n} accounts' }, submitUpdate: { one: 'Update {n} account', other: 'Update {n} accounts' }, submitBoth: 'Add {added}, update {updated}', submitNone: 'Add accounts',
    addedCount: '{n} added', updatedCount: '{n} updated', skippedCount: '{n} unchanged', invalidCount: '{n} invalid', and: ', ',
    recorded: 'The User-Agent of this browser was saved for requests to Grok. You can change it in the settings.', badContent: 'The content could not be read as tokens: {reason}', badFile: '{name} could not be read. Choose it again.', tooBig: '{name} is larger than 19 MB. Split it into smaller files.',
    r_repeat: 'Duplicate of line {detail}', r_here: 'Already in the pool', r_nothing: 'Already in the pool; the file has no new data', r_empty: 'The token is empty', r_noSso: 'The cookie line has no cookie named sso', r_long: 'Longer than 4,096 characters', r_character: 'Contains a character that is not allowed in tokens', r_short: 'Not a token: shorter than 20 characters', r_none: 'No token found: neither a JWT nor a value after sso=', r_several: 'Contains more than one token', r_site: 'Cookies of another site', r_others: 'Other cookies, ignored: {detail}', r_noCookie: 'Cookies, but none of grok.com named sso', r_field: 'Neither a text nor an object with a token', r_json: 'Not valid JSON', r_badType: 'The type must be sso, ssoSuper or ssoHeavy', r_badState: 'The state must be active, disabled or expired', r_badTags: 'The tags must be a list of texts', r_badNumber: 'A quota or its end must be a whole number', r_tags: 'Too many tags, or a tag is too long', r_note: 'The note is too long', r_number: 'A number is out of range',
    d_type: 'type', d_tags: 'tags', d_note: 'note', d_quota: 'quota', 'd_user id': 'user ID', changes: 'Changes: {what}',
  },
  'zh-CN': {
    title: '添加账号', paste: '令牌', pasteHint: '每行一个令牌，也支持 sso=…、Cookie、“复制为 cURL”、账号列表、CSV 和 JSON。网关只保留令牌，不会存储或发送密码和邮箱。', placeholder: 'eyJ0eXAiOiJKV1Qi…', chooseFile: '选择文件', orDrop: '或拖放到这里', removeFile: '移除 {name}',
    type: '类型', typeRead: '从 Grok 读取', sso: 'Basic', ssoSuper: 'Super', ssoHeavy: 'Heavy', typeHint: '网关会从 Grok 读取类型和额度。此处选择或文件中注明的类型仅在读取之前有效。', update: '用文件中的数据更新已有账号',
    help: '在哪里可以找到令牌？', help1: '在浏览器中使用该账号登录 grok.com。', help2: '打开开发者工具（F12），依次选择“应用”（Firefox 为“存储”）、Cookie、https://grok.com。', help3: '复制名为 sso 的 Cookie 的值，该值以“eyJ”开头。', help4: '请不要在该浏览器中退出登录，否则会话会失效。如果使用无痕窗口，直接关闭即可。',
    preview: '预览', previewEmpty: '粘贴令牌或选择文件后，可在此预览将要添加的内容。', reading: '正在读取…',
    all: '全部', added: '新增', updated: '更新', skipped: '不变', invalid: '无效', line: '第 {n} 行', lineOf: '{file} 第 {n} 行', more: '还有 {n} 行', lines: '逐行结果', none: '没有此类结果。',
    submit: '添加 {n} 个账号', submitUpdate: '更新 {n} 个账号', submitBoth: '添加 {added} 个，更新 {updated} 个', submitNone: '添加账号',
    addedCount: '新增 {n} 个', updatedCount: '更新 {n} 个', skippedCount: '不变 {n} 个', invalidCount: '无效 {n} 个', and: '，',
    recorded: '已保存此浏览器的 User-Agent，用于向 Grok 发送请求。可在设置中修改。', badContent: '无法从内容中读取令牌：{reason}', badFile: '无法读取 {name}，请重新选择。', tooBig: '{name} 超过 19 MB，请拆分为较小的文件。',
    r_repeat: '与第 {detail} 行重复', r_here: '已在账号池中', r_nothing: '已在账号池中，文件中没有新数据', r_empty: '令牌为空', r_noSso: '该行 Cookie 中没有 sso', r_long: '超过 4,096 个字符', r_character: '含有令牌不允许的字符', r_short: '不是令牌：少于 20 个字符', r_none: '未找到令牌：既没有 JWT，也没有 sso= 的值', r_several: '含有多个令牌', r_site: '其他网站的 Cookie', r_others: '已忽略其他 Cookie：{detail} 个', r_noCookie: '有 Cookie，但没有 grok.com 的 sso', r_field: '既不是文本，也不是含令牌的对象', r_json: '不是有效的 JSON', r_badType: '类型须为 sso、ssoSuper 或 ssoHeavy', r_badState: '状态须为 active、disabled 或 expired', r_badTags: '标签须为文本列表', r_badNumber: '额度及其结束时间须为整数', r_tags: '标签过多或过长', r_note: '备注过长', r_number: '数字超出范围',
    d_type: '类型', d_tags: '标签', d_note: '备注', d_quota: '额度', 'd_user id': '用户 ID', changes: '变更：{what}',
  },
};
