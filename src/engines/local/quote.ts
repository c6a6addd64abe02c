import { quote as quoteWords } from 'shell-quote';

/** Quotes text as one word for sh(1). */
export function quote(word: string): string {
  return quoteWords([word]);
}
