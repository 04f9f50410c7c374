import { hash } from 'bcryptjs';
import mongoose, { Schema, Types } from 'mongoose';
import type { HydratedDocument, InferSchemaType } from 'mongoose';

const userSchema = new Schema(
  {
    name: { type: String, required: true, trim: true },
    email: { type: String, required: true, unique: true, lowercase: true, trim: true },
    password: { type: String, required: true, minlength: 6, select: false },
    systemUser: { type: Boolean, default: false, immutable: true, select: false },
  },
  { timestamps: true },
);

userSchema.pre('save', async function hashPassword() {
  if (this.isModified('password')) this.password = await hash(this.password, 10);
});

const accountSchema = new Schema(
  {
    user: { type: Schema.Types.ObjectId, ref: 'user', required: true, index: true },
    status: { type: String, enum: ['ACTIVE', 'FROZEN', 'CLOSED'], default: 'ACTIVE' },
    currency: { type: String, required: true, default: 'INR' },
  },
  { timestamps: true },
);
accountSchema.index({ user: 1, status: 1 });

const transactionSchema = new Schema(
  {
    fromAccount: { type: Schema.Types.ObjectId, ref: 'account', required: true, index: true },
    toAccount: { type: Schema.Types.ObjectId, ref: 'account', required: true, index: true },
    status: { type: String, enum: ['PENDING', 'COMPLETED', 'FAILED', 'REVERSED'], default: 'PENDING' },
    amount: { type: Number, required: true, min: 0 },
    idempotencyKey: { type: String, required: true, index: true, unique: true },
  },
  { timestamps: true },
);

const ledgerSchema = new Schema({
  account: { type: Schema.Types.ObjectId, ref: 'account', required: true, index: true, immutable: true },
  amount: { type: Number, required: true, immutable: true },
  transaction: {
    type: Schema.Types.ObjectId,
    ref: 'transaction',
    required: true,
    index: true,
    immutable: true,
  },
  type: { type: String, enum: ['CREDIT', 'DEBIT'], required: true, immutable: true },
});

function preventModification(): never {
  throw new Error('Ledger entries are immutable and cannot be modified or deleted');
}
ledgerSchema.pre('findOneAndUpdate', preventModification);
ledgerSchema.pre('updateOne', preventModification);
ledgerSchema.pre('updateMany', preventModification);
ledgerSchema.pre('deleteOne', preventModification);
ledgerSchema.pre('deleteMany', preventModification);
ledgerSchema.pre('findOneAndDelete', preventModification);

export const UserModel = mongoose.model('user', userSchema);
export const AccountModel = mongoose.model('account', accountSchema);
export const TransactionModel = mongoose.model('transaction', transactionSchema);
export const LedgerModel = mongoose.model('ledger', ledgerSchema);

export type UserDocument = HydratedDocument<InferSchemaType<typeof userSchema>>;

/** What came in less what went out. */
export async function balanceOf(
  account: Types.ObjectId,
  session: mongoose.ClientSession | null = null,
): Promise<number> {
  const [data] = await LedgerModel.aggregate<{ balance: number }>([
    { $match: { account } },
    {
      $group: {
        _id: null,
        totalDebit: { $sum: { $cond: [{ $eq: ['$type', 'DEBIT'] }, '$amount', 0] } },
        totalCredit: { $sum: { $cond: [{ $eq: ['$type', 'CREDIT'] }, '$amount', 0] } },
      },
    },
    { $project: { _id: 0, balance: { $subtract: ['$totalCredit', '$totalDebit'] } } },
  ]).session(session);
  return data?.balance ?? 0;
}
