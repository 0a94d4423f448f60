#!/bin/sh
# First of the environment scripts: they run in the order of their names. The variables that every container has are
# set by what starts it.
