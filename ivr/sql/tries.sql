-- guesses_locked --
-- Whether no PIN may be tried by this caller, or for this customer.
SELECT guesses_locked_until(%(caller)s, %(customer_id)s, %(most_caller)s, %(most_account)s, %(seconds)s * interval '1 second',
    clock_timestamp()) > clock_timestamp() AS locked;

-- guess --
-- One more try, counted before it is compared; false when none is left.
SELECT take_guess(%(guess)s, %(incident_id)s, %(caller)s, %(customer_id)s, %(most_caller)s, %(most_account)s,
    %(seconds)s * interval '1 second') AS taken;

-- guessed --
-- What the comparison said; the first answer counts.
UPDATE pin_try SET fits = %(fits)s WHERE id = %(guess)s AND fits IS NULL;

-- claimed --
-- Whose account was named without its PIN.
UPDATE incident SET claimed_id = %(customer_id)s, identified_how = %(how)s, identified_at = coalesce(identified_at, clock_timestamp())
WHERE id = %(incident_id)s AND customer_id IS NULL RETURNING {incident_columns};

-- confirm_claim --
-- The engineer is sure of the caller: who was named is the customer. Repeating it changes nothing; no row when nobody was named.
UPDATE incident SET customer_id = claimed_id, identified_how = 'engineer'
WHERE id = %(incident_id)s AND status = 'talking' AND claimed_id IS NOT NULL AND (customer_id IS NULL OR identified_how = 'engineer')
RETURNING customer_id;
