/** Signs in with a passkey. Browsers offer passkeys to scripts alone; the page works without. */
export const PASSKEY_SCRIPT = `
const post = async (path, body) => {
  const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error((await response.json()).detail);
  return response.json();
};
const button = document.querySelector('[data-passkey="sign-in"]');
if (button && window.PublicKeyCredential) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const fault = document.querySelector('#passkey-fault');
    fault.textContent = '';
    try {
      const { challengeId, options } = await post('/api/auth/passkeys/sign-in/options', {});
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const credential = await navigator.credentials.get({ publicKey });
      await post('/api/auth/passkeys/sign-in', { challengeId, credential: credential.toJSON() });
      location.href = button.dataset.next;
    } catch (error) {
      fault.textContent = error.name === 'NotAllowedError' ? 'No passkey was used.' : error.message;
    }
  });
}
`;
