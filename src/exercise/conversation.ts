import { conceal } from '../conceal.js';
import { isSecretName, looksRandom } from '../os/secretwords.js';
import { own } from '../records.js';
import type { StepAnswer } from './answers.js';
import { captured, cookiesIn } from './captured.js';
import { type HttpStep, isJson, type Step } from './steps.js';

/** What the steps of one run give to later steps: captured values and cookies. */
export class Conversation {
  private readonly values = new Map<string, string>();
  private readonly cookies = new Map<string, string>();

  /** A step with captured values in place of `${NAME}`, and with the cookies of earlier answers where it asks for them. */
  fill<S extends Step>(step: S): S {
    if (step.kind === 'exec') return { ...step, command: step.command.map((word) => this.filled(word)) };
    if (step.kind === 'websocket') {
      const messages = step.messages.map((message) =>
        'send' in message ? { send: this.filled(message.send, inText(message.send)) } : message,
      );
      return { ...step, ...this.target(step), messages };
    }
    return step.kind === 'http' ? { ...step, ...this.request(step) } : step;
  }

  /** Takes in the answer of a step. @returns the answer, or a failure where a value to capture is not in it */
  take(step: Step, answer: StepAnswer): StepAnswer {
    if (step.kind !== 'http' || answer.kind !== 'http') return answer;
    for (const [name, value] of cookiesIn(own(answer.headers, 'set-cookie'))) {
      if (value === undefined) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    for (const rule of step.capture ?? []) {
      const value = captured(rule, answer);
      if (value === undefined)
        return {
          kind: 'failed',
          reason: `it answered ${answer.status}, and there is nothing to capture as ${rule.name} (${rule.from}: ${rule.what})`,
        };
      this.values.set(rule.name, value);
      if (isSecretName(rule.name) || looksRandom(value)) conceal([value]);
    }
    conceal(this.cookies.values());
    return answer;
  }

  private target(step: Pick<HttpStep, 'headers' | 'path' | 'cookies'>): Pick<HttpStep, 'headers' | 'path'> {
    const headers = Object.fromEntries(Object.entries(step.headers).map(([name, value]) => [name, this.filled(value)]));
    const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    if (step.cookies && this.cookies.size > 0 && !names.has('cookie'))
      headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return { headers, path: this.filled(step.path, (value) => value.replace(/[^\u0021-\u00ff]+/g, encodeURIComponent)) };
  }

  private request(step: HttpStep): Partial<HttpStep> {
    const target = this.target(step);
    const inJson = isJsonType(target.headers) ? quotedInJson : undefined;
    return {
      ...target,
      ...(step.body !== undefined && { body: this.filled(step.body, inJson) }),
      ...(step.bodyBase64 !== undefined && { bodyBase64: this.filledBytes(step.bodyBase64) }),
    };
  }

  private filledBytes(base64: string): string {
    const text = this.filled(Buffer.from(base64, 'base64').toString('latin1'), (value) => Buffer.from(value).toString('latin1'));
    return Buffer.from(text, 'latin1').toString('base64');
  }

  /** A text with the values in it. Those in a form (application/x-www-form-urlencoded) are written as the form is. */
  private filled(text: string, written: (value: string) => string = (value) => value): string {
    const put = (whole: string, name: string, form: (value: string) => string) => {
      const value = this.values.get(name);
      return value === undefined ? whole : form(value);
    };
    return text
      .replace(/\$\{(\w+)\}/g, (whole, name: string) => put(whole, name, written))
      .replace(/%24%7B(\w+)%7D/gi, (whole, name: string) => put(whole, name, encodeURIComponent));
  }
}

function quotedInJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** How a value is written in a message: as in JSON, where the message is JSON. */
function inText(message: string): ((value: string) => string) | undefined {
  return isJson(message) ? quotedInJson : undefined;
}

function isJsonType(headers: Readonly<Record<string, string>>): boolean {
  return Object.entries(headers).some(([name, value]) => name.toLowerCase() === 'content-type' && /[/+]json\b/i.test(value));
}
