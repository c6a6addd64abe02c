import { baseName, type RootFs, readText } from '../rootfs.js';

/** Locales that are made when the package is installed, one a line, such as `de_DE.UTF-8 UTF-8`. Source: locale.gen(5) of Debian. */
const LIST = '/etc/locale.gen';
/** Where glibc has locales, each in a folder of its own or all in one archive (locale(7), localedef(1)). */
const LOCALES = '/usr/lib/locale';
const LANGUAGE = /^([a-z]{2,3})(_[A-Z]{2})?(?=[.@\s]|$)/;

/** Translations of the C library's own messages (strerror(3)) for the languages of the image's locales, as gettext(3) finds them. */
export async function translationsOfLibc(fs: RootFs): Promise<string[]> {
  const names = [...((await readText(fs, LIST)) ?? '').split('\n'), ...fs.list(LOCALES).map(baseName)];
  const languages = names.flatMap((name) => {
    const [, language, country = ''] = LANGUAGE.exec(name) ?? [];
    return language === undefined ? [] : [language, `${language}${country}`];
  });
  const paths = [...new Set(languages)].map((language) => `/usr/share/locale/${language}/LC_MESSAGES/libc.mo`);
  return paths.filter((path) => fs.lstat(path));
}
