/**
 * The script of pages with passkeys, which browsers offer to scripts alone. It calls the API with the session's cookie.
 * An element \`data-passkey\` is the button; \`#passkey-fault\` shows what went wrong.
 */
export const PASSKEY_SCRIPT = `
const call = async (method, path, body) => {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch('/api/auth' + path, { method, headers, body: JSON.stringify(body) });
  const answer = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
};
const fault = document.querySelector('#passkey-fault');
const run = (work) => async (event) => {
  event.preventDefault();
  fault.textContent = '';
  fault.hidden = true;
  try {
    await work(event);
  } catch (error) {
    fault.hidden = false;
    fault.textContent = error.name === 'NotAllowedError' ? 'No passkey was used.' : error.message + '.';
  }
};
const assertion = async () => {
  const { challengeId, options } = await call('POST', '/passkeys/sign-in/options', {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  return { challengeId, credential: credential.toJSON() };
};
const actions = {
  'sign-in': async (button) => {
    await call('POST', '/passkeys/sign-in', await assertion());
    location.assign(button.dataset.next);
  },
  add: async (button) => {
    const form = new FormData(button.form);
    const question = await call('POST', '/passkeys/options', { password: form.get('password') });
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(question.options);
    const credential = await navigator.credentials.create({ publicKey });
    const { challengeId } = question;
    await call('POST', '/passkeys', { name: form.get('name'), challengeId, credential: credential.toJSON() });
    location.assign('/security?done=passkey-added');
  },
  remove: async (button) => {
    await call('DELETE', '/passkeys/' + button.dataset.id, { passkey: await assertion() });
    location.assign('/security?done=passkey-removed');
  },
};
if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  for (const button of document.querySelectorAll('[data-passkey]')) {
    const action = actions[button.dataset.passkey];
    button.hidden = button.disabled = false;
    if (button.form) button.form.addEventListener('submit', run(() => action(button)));
    else button.addEventListener('click', run(() => action(button)));
  }
}
`;
