/** Confirms a payment with a passkey, then sends its form. */
export const CONFIRM_SCRIPT = `
const ask = async (path, body) => {
  const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
};
const button = document.querySelector('[data-passkey="confirm"]');
if (button && window.PublicKeyCredential) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const fault = document.querySelector('#passkey-fault');
    fault.textContent = '';
    const { to, amount, currency, key } = button.dataset;
    const order = { payments: [{ toAccount: to, amount: Number(amount), currency }], idempotencyKey: key };
    try {
      const { challengeId, options } = await ask('/api/transactions/confirmations/options', order);
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const credential = await navigator.credentials.get({ publicKey });
      const passkey = { challengeId, credential: credential.toJSON() };
      const { confirmation } = await ask('/api/transactions/confirmations', { ...order, passkey });
      const form = document.querySelector('#confirmation');
      form.elements.confirmation.value = confirmation;
      form.submit();
    } catch (error) {
      fault.textContent = error.name === 'NotAllowedError' ? 'No passkey was used.' : error.message;
    }
  });
}
`;
