# SPDX-License-Identifier: GPL-2.0
"""What the interop and stress suites and the demo share."""
