// `/`: sign-in while nobody is signed in, else the shops.

import { useSession } from '../session/session.tsx';
import { SignInPage } from '../session/sign-in-page.tsx';
import { ShopsPage } from './shops-page.tsx';

export function HomePage() {
  const { tillstream } = useSession();
  return tillstream === undefined ? <SignInPage /> : <ShopsPage tillstream={tillstream} />;
}
