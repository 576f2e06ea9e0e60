// Texts of the frame around every screen.
export const text = {
  en: {
    skip: 'Skip to content', menu: 'Menu', navigation: 'Main navigation',
    overview: 'Overview', tokens: 'Accounts', keys: 'API keys', requests: 'Requests', media: 'Media', settings: 'Settings', playground: 'Playground', start: 'Get started',
    language: 'Language', theme: 'Appearance', auto: 'System', light: 'Light', dark: 'Dark',
    account: 'Administrator', signOut: 'Sign out', password: 'Change password', shortcuts: 'Keyboard shortcuts', version: 'Grok2API {version}',
    broken: 'This screen cannot be displayed.', notFound: 'This screen does not exist.', toOverview: 'Go to overview',
    keyGo: 'Go to {screen}', keySearch: 'Focus the search field', keyHelp: 'Show this list', keyEscape: 'Close a dialog or menu',
  },
  'zh-CN': {
    skip: '跳到正文', menu: '菜单', navigation: '主导航',
    overview: '概览', tokens: '账号', keys: 'API 密钥', requests: '请求', media: '媒体', settings: '设置', playground: '对话测试', start: '快速开始',
    language: '语言', theme: '外观', auto: '跟随系统', light: '浅色', dark: '深色',
    account: '管理员', signOut: '退出登录', password: '修改密码', shortcuts: '键盘快捷键', version: 'Grok2API {version}',
    broken: '此页面无法显示。', notFound: '此页面不存在。', toOverview: '前往概览',
    keyGo: '前往“{screen}”', keySearch: '聚焦搜索框', keyHelp: '显示此列表', keyEscape: '关闭对话框或菜单',
  },
};
