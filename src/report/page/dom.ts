import { visible } from './format.js';

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => void)>;

/**
 * Makes an element. Strings become text, never HTML, and what can't be seen in them is shown as codes. Attributes that are
 * functions become listeners; `true` is an empty attribute; `false` and undefined are none.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat() as Child[]) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === 'string' ? visible(child, true) : child);
  }
  return element;
}

/** The element of the template with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** Tells a screen reader something that is not in the place that has the focus. */
export function announce(text: string): void {
  byId('live').textContent = visible(text);
}
