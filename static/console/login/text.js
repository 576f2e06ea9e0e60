export const text = {
  en: {
    title: 'Sign in', username: 'User name', password: 'Password', signIn: 'Sign in', capsLock: 'Caps Lock is on.',
    ended: 'Sign in to continue where you left off.', changed: 'The password was changed. Sign in with the new one.',
    closed: 'Too many failed sign-ins from this address. Try again in', openAgain: 'You can try again now.',
    choose: 'Choose a password', chooseWhy: 'The initial password is public. Replace it before you use the console.', chooseDone: 'Save and continue',
  },
  'zh-CN': {
    title: '登录', username: '用户名', password: '密码', signIn: '登录', capsLock: '大写锁定已开启。',
    ended: '请重新登录，登录后将回到之前的页面。', changed: '密码已修改，请使用新密码登录。',
    closed: '该地址登录失败次数过多，请稍后重试。剩余等待时间：', openAgain: '现在可以重试了。',
    choose: '设置新密码', chooseWhy: '初始密码是公开的，请先修改密码再使用控制台。', chooseDone: '保存并继续',
  },
};
