// The screens, in navigation order. Each is loaded when it is first opened.
export const SCREENS = [
  { name: 'overview', key: 'o', load: () => import('./screens/overview/screen.js') },
  { name: 'tokens', key: 't', load: () => import('./screens/tokens/screen.js') },
  { name: 'keys', key: 'k', load: () => import('./screens/keys/screen.js') },
  { name: 'requests', key: 'r', load: () => import('./screens/requests/screen.js') },
  { name: 'media', key: 'm', load: () => import('./screens/media/screen.js') },
  { name: 'playground', key: 'p', load: () => import('./screens/playground/screen.js') },
  { name: 'settings', key: 's', load: () => import('./screens/settings/screen.js') },
  // Opened after sign-in to an empty gateway, and from an empty overview.
  { name: 'start', hidden: true, load: () => import('./screens/start/screen.js') },
];
