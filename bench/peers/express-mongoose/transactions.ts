import type { Request, Response } from 'express';
import mongoose from 'mongoose';
import { sendEmail } from './auth.ts';
import { AccountModel, balanceOf, LedgerModel, TransactionModel } from './models.ts';
import type { UserDocument } from './models.ts';

type TransferBody = { fromAccount?: string; toAccount?: string; amount?: number; idempotencyKey?: string };

export async function createAccount(_req: Request, res: Response): Promise<void> {
  const account = await AccountModel.create({ user: userOf(res)._id });
  res.status(201).json({ account });
}

export async function listAccounts(_req: Request, res: Response): Promise<void> {
  res.status(200).json({ accounts: await AccountModel.find({ user: userOf(res)._id }) });
}

export async function getBalance(req: Request<{ accountId: string }>, res: Response): Promise<void> {
  const account = await AccountModel.findOne({ _id: req.params.accountId, user: userOf(res)._id });
  if (!account) {
    res.status(404).json({ message: 'Account not found' });
    return;
  }
  res.status(200).json({ accountId: account._id, balance: await balanceOf(account._id) });
}

/**
 * The ten steps: validate the request, the key, the accounts' states; in a session add up the payer's balance, create
 * the transaction (PENDING), the debit, the credit, mark it COMPLETED, commit; then the mail.
 */
export async function createTransaction(
  req: Request<object, object, TransferBody>,
  res: Response,
): Promise<void> {
  const { fromAccount, toAccount, amount, idempotencyKey } = req.body;
  if (!fromAccount || !toAccount || !amount || !idempotencyKey) {
    res.status(400).json({ message: 'fromAccount, toAccount, amount and idempotencyKey are required' });
    return;
  }
  const [from, to] = await Promise.all([
    AccountModel.findOne({ _id: fromAccount, user: userOf(res)._id }),
    AccountModel.findOne({ _id: toAccount }),
  ]);
  if (!from || !to) {
    res.status(404).json({ message: 'Invalid fromAccount or toAccount' });
    return;
  }
  const existing = await TransactionModel.findOne({ idempotencyKey });
  if (existing) {
    res.status(200).json({ message: `Transaction is ${existing.status}`, transaction: existing });
    return;
  }
  if (from.status !== 'ACTIVE' || to.status !== 'ACTIVE') {
    res.status(400).json({ message: 'Both accounts must be ACTIVE' });
    return;
  }

  const transaction = await mongoose.connection.transaction(async (session) => {
    const balance = await balanceOf(from._id, session);
    if (balance < amount) return null;
    return record({ from: from._id, to: to._id, amount, idempotencyKey }, session);
  });
  if (!transaction) {
    res.status(400).json({ message: 'Insufficient balance' });
    return;
  }
  await sendEmail(userOf(res), 'Transaction successful');
  res.status(200).json({ message: 'Transaction completed successfully', transaction });
}

export async function createInitialFunds(
  req: Request<object, object, TransferBody>,
  res: Response,
): Promise<void> {
  const { toAccount, amount, idempotencyKey } = req.body;
  if (!toAccount || !amount || !idempotencyKey) {
    res.status(400).json({ message: 'toAccount, amount and idempotencyKey are required' });
    return;
  }
  const [to, from] = await Promise.all([
    AccountModel.findOne({ _id: toAccount }),
    AccountModel.findOne({ user: userOf(res)._id }),
  ]);
  if (!to || !from) {
    res.status(404).json({ message: 'Invalid toAccount, or the system user has no account' });
    return;
  }
  const transaction = await mongoose.connection.transaction((session) =>
    record({ from: from._id, to: to._id, amount, idempotencyKey }, session),
  );
  res.status(200).json({ message: 'Initial funds transferred', transaction });
}

async function record(
  {
    from,
    to,
    ...facts
  }: {
    from: mongoose.Types.ObjectId;
    to: mongoose.Types.ObjectId;
    amount: number;
    idempotencyKey: string;
  },
  session: mongoose.ClientSession,
) {
  const created = await TransactionModel.create([{ ...facts, fromAccount: from, toAccount: to }], {
    session,
  });
  const [transaction] = created;
  if (!transaction) throw new Error('No transaction was created');
  const { _id: id } = transaction;
  const { amount } = facts;
  await LedgerModel.create([{ account: from, amount, transaction: id, type: 'DEBIT' }], { session });
  await LedgerModel.create([{ account: to, amount, transaction: id, type: 'CREDIT' }], { session });
  return TransactionModel.findOneAndUpdate(
    { _id: id },
    { status: 'COMPLETED' },
    { session, returnDocument: 'after' },
  );
}

function userOf(res: Response): UserDocument {
  return res.locals['user'] as UserDocument;
}
