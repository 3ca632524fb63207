// Package faulttest breaks a whole Handoff of real processes in the middle of its work, and counts afterwards: every
// acknowledged submission has come to its end (I1), and nobody is in the CRM twice (I2).
package faulttest
