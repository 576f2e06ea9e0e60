// The frame around every screen.
export const text = {
  en: {
    skip: 'Skip to the content', menu: 'Menu', navigation: 'Screens',
    overview: 'Overview', tokens: 'Tokens', keys: 'API keys', requests: 'Requests', media: 'Media', settings: 'Settings', playground: 'Playground', start: 'First steps',
    language: 'Language', theme: 'Appearance', auto: 'As the system', light: 'Light', dark: 'Dark',
    account: 'Account', signOut: 'Sign out', password: 'Change password', shortcuts: 'Keyboard shortcuts', version: 'Grok2API {version}',
    broken: 'This screen could not be shown.', notFound: 'There is no such screen.', toOverview: 'To the overview',
    keyGo: 'go to {screen}', keySearch: 'put the cursor into the search', keyHelp: 'show this list', keyEscape: 'close a dialog or menu',
  },
  'zh-CN': {
    skip: '跳到正文', menu: '菜单', navigation: '页面',
    overview: '概览', tokens: 'Token', keys: 'API Key', requests: '请求', media: '媒体', settings: '设置', playground: '试用', start: '快速开始',
    language: '语言', theme: '外观', auto: '跟随系统', light: '浅色', dark: '深色',
    account: '账户', signOut: '退出登录', password: '修改密码', shortcuts: '键盘快捷键', version: 'Grok2API {version}',
    broken: '此页面无法显示。', notFound: '没有这个页面。', toOverview: '返回概览',
    keyGo: '前往{screen}', keySearch: '聚焦搜索框', keyHelp: '显示此列表', keyEscape: '关闭对话框或菜单',
  },
};
