export const text = {
  en: {
    title: 'Sign in', username: 'User name', password: 'Password', signIn: 'Sign in', capsLock: 'Caps Lock is on.',
    ended: 'Sign in to go on where you were.', changed: 'The password was changed. Sign in with the new one.',
    closed: 'Too many wrong passwords from this address. Try again in', openAgain: 'You can try again now.',
    choose: 'Choose a password', chooseWhy: 'Everyone knows the password of the first run. Nothing else works until it is replaced.', chooseDone: 'Save and go on',
  },
  'zh-CN': {
    title: '登录', username: '用户名', password: '密码', signIn: '登录', capsLock: '大写锁定已开启。',
    ended: '请登录，之后会回到刚才的页面。', changed: '密码已修改，请用新密码登录。',
    closed: '该地址密码错误次数过多。请稍后重试，还需等待', openAgain: '现在可以重试了。',
    choose: '设置新密码', chooseWhy: '首次运行的初始密码人人皆知，更换之前无法使用其他功能。', chooseDone: '保存并继续',
  },
};
