// SPDX-License-Identifier: GPL-2.0

#include <keys/user-type.h>
#include <linux/key.h>

__rust_helper struct key *rust_helper_key_ref_to_ptr(const key_ref_t key_ref)
{
	return key_ref_to_ptr(key_ref);
}

__rust_helper const struct user_key_payload *
rust_helper_user_key_payload_locked(const struct key *key)
{
	return user_key_payload_locked(key);
}
