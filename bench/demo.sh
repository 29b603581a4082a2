# The second part of `make demo`: two days of a made-up organisation with five intrusions, scanned and compared.
set -e
out=$1
echo
echo "Those were samples of single attacks. Now an organisation at work: 20 people, 8 servers, two days of Windows and Zeek"
echo "logs, and five intrusions hidden in its everyday administration. All of it is made up, so the truth is known."
echo
mkdir -p "$out"
hopwatch lab simulate --out "$out/lab" --workstations 20 --servers 8 --days 2 \
    --attacks psexec,wmiexec,pass_the_hash,relay,jump_host
hopwatch scan "$out/lab/windows" "$out/lab/zeek" --quiet --no-progress --out "$out/alerts.txt"
echo
echo "What a scan finds of it, without having been told anything about the organisation:"
echo
hopwatch lab score "$out/lab"
echo
echo "A hop is one movement from host to host. A false alert is an administrator's work that looks like an attack;"
echo "docs/lab.md says more. Every alert with its reasons is in $out/alerts.txt, the truth in $out/lab/truth.json."
