// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/grammar/grammar.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "client/exit_code.h"
#include "client/grammar/deploy_flags.h"
#include "client/grammar/flag.h"

namespace sluice::client {
namespace {

constexpr int kMaxLimit = 1'000'000;
constexpr char kGlobalHelp[] =
    "Every verb also takes --address, --ca, --cert, --key, --token-file, --timeout and --output:\n"
    "see `sluice --help`.\n\n";
constexpr char kSubjectHelp[] = "service, or deployment id or its unique beginning";

const std::map<std::string, OutputFormat> kFormats = {{"text", OutputFormat::kText},
                                                      {"wide", OutputFormat::kWide},
                                                      {"json", OutputFormat::kJson},
                                                      {"yaml", OutputFormat::kYaml}};
const std::map<std::string, WaitCondition> kConditions = {{"completed", WaitCondition::kCompleted},
                                                          {"paused", WaitCondition::kPaused},
                                                          {"terminal", WaitCondition::kTerminal}};

}  // namespace

Grammar::Grammar()
    : app_("Rolls new versions of services out, watches them, and takes them back.", "sluice") {
  app_.require_subcommand(1);
  app_.fallthrough();
  app_.footer(kExitCodeHelp);
  app_.set_version_flag("--version", kVersion);
  AddGlobals();
  AddDeploy();
  AddRollback();
  AddState();
  AddList();
  AddWatch();
  AddPlan();
  AddControls();
  AddServices();
  AddWait();
  AddHealth();
  AddInfo();
  AddBackup();
  AddAudit();
  AddCerts();
  AddToken();
  AddCompletion();
}

template <typename Options>
CLI::App& Grammar::AddVerb(const std::string& name, const std::string& help, const Options& options,
                           const std::string& examples) {
  return AddAction(app_, name, help, options, examples);
}

template <typename Options>
CLI::App& Grammar::AddAction(CLI::App& parent, const std::string& name, const std::string& help,
                             const Options& options, const std::string& examples) {
  CLI::App& verb = *parent.add_subcommand(name, help);
  verb.footer(absl::StrCat("Examples:\n", examples, "\n\n", kGlobalHelp, kExitCodeHelp));
  verb.callback([this, &options] { chosen_ = &(last_ = options); });
  return verb;
}

void Grammar::AddGlobals() {
  const auto add = [this](const char* flags, std::string& value, const char* help) {
    app_.add_option(flags, value, help)->check(NotEmpty());
  };
  add("--address,-a", global_.address,
      "where sluiced listens: host:port or unix:PATH (SLUICE_ADDRESS, else "
      "unix:/run/sluice/sluice.sock)");
  CredentialFiles& credentials = global_.credentials;
  add("--ca", credentials.ca,
      "PEM file with the authority of the daemon's certificate: speak TLS (SLUICE_CA)");
  add("--cert", credentials.certificate, "PEM file with a certificate of one's own (SLUICE_CERT)");
  add("--key", credentials.key, "PEM file with its key (SLUICE_KEY)");
  add("--token-file", credentials.token,
      "file with a bearer token (the token itself: SLUICE_TOKEN)");
  AddDuration(app_, "--timeout", global_.timeout, "longest time of one call (10s)")
      ->check(AboveZero());
  AddChoice(app_, "--output,-o", global_.output, kFormats, "text, wide, json or yaml (text)");
}

void Grammar::AddDeploy() {
  CLI::App& verb = AddVerb("deploy", "bring a service to a version", deploy_,
                           "  sluice deploy web v2 --watch\n"
                           "  sluice deploy web v2 --strategy canary --stages 10,50,100 "
                           "--stage-duration 2m\n"
                           "  sluice deploy -f request.yaml");
  AddDeploymentFlags(verb, deploy_);
  verb.add_flag("--watch,-w", deploy_.watch, "follow it; the exit code is its outcome");
}

void Grammar::AddPlan() {
  CLI::App& verb = AddVerb("plan", "show what deploy would do; does nothing", plan_,
                           "  sluice plan web v2 --strategy rolling --batch-size 2");
  AddDeploymentFlags(verb, plan_.deployment);
}

void Grammar::AddRollback() {
  CLI::App& verb = AddVerb("rollback", "take a running or finished deployment back", rollback_,
                           "  sluice rollback web --watch\n"
                           "  sluice rollback 3f2a9c1d --reason 'errors in the log'");
  verb.add_option("SUBJECT", rollback_.subject, kSubjectHelp)->required();
  verb.add_option("--to-version", rollback_.to_version, "where to (the version before)");
  verb.add_option("--reason", rollback_.reason, "why; kept in the record");
  verb.add_option("--request-id", rollback_.request_id, "makes a retry safe (a random one)");
  verb.add_flag("--watch,-w", rollback_.watch, "follow it; exit code 0 when all is back");
}

void Grammar::AddState() {
  CLI::App& verb = AddVerb("state", "show a deployment with its plan and targets", state_,
                           "  sluice state web\n  sluice state 3f2a -o json");
  verb.add_option("SUBJECT", state_.subject, kSubjectHelp)->required();
}

void Grammar::AddList() {
  CLI::App& verb = AddVerb("list", "list deployments, newest first", list_,
                           "  sluice list web --status failed,rolled_back");
  verb.add_option("SERVICE", list_.service, "only of this service");
  verb.add_option("--status", list_.statuses, "only in these statuses; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb.add_option("--limit,-n", list_.limit, "at most this many; 0: all (50)")
      ->check(CLI::Range(0, kMaxLimit));
}

void Grammar::AddWatch() {
  CLI::App& verb = AddVerb("watch", "follow one deployment to its end, or everything", watch_,
                           "  sluice watch web\n  sluice watch");
  verb.add_option("SUBJECT", watch_.subject, kSubjectHelp);
}

void Grammar::AddControl(const std::string& name, const std::string& help,
                         ControlOptions& options) {
  CLI::App& verb = AddVerb(name, help, options, absl::StrCat("  sluice ", name, " web"));
  verb.add_option("SUBJECT", options.subject, kSubjectHelp)->required();
  verb.add_option("--reason", options.reason, "why; kept in the record");
  if (options.action == ControlAction::kPromote) {
    verb.add_flag("--full", options.full, "end all waits and gates, not only the present one");
  }
}

void Grammar::AddControls() {
  AddControl("pause", "freeze waits and start no further target", pause_);
  AddControl("resume", "go on after a pause", resume_);
  AddControl("promote", "end the present wait or gate", promote_);
  AddControl("abort", "stop, and leave things as they are", abort_);
}

void Grammar::AddServices() {
  AddVerb("services", "list services and what runs", services_, "  sluice services");
}

void Grammar::AddWait() {
  CLI::App& verb = AddVerb("wait", "wait for a deployment without showing it", wait_,
                           "  sluice wait web --for=paused --timeout 10m");
  verb.add_option("SUBJECT", wait_.subject, kSubjectHelp)->required();
  AddChoice(verb, "--for", wait_.condition, kConditions,
            "completed, paused or terminal (completed)");
  AddDuration(verb, "--timeout", wait_.timeout, "longest time to wait; then exit code 5 (none)");
}

void Grammar::AddHealth() {
  CLI::App& verb = AddVerb("health", "ask whether the daemon serves", health_,
                           "  sluice health --address 127.0.0.1:9090");
  verb.add_option("--service", health_.service, "a gRPC service by name (the whole daemon)");
}

void Grammar::AddInfo() {
  AddVerb("info", "show the daemon's version, and where its records are", info_, "  sluice info");
}

void Grammar::AddBackup() {
  CLI::App& verb = AddVerb("backup", "copy the records to a file on the daemon's machine", backup_,
                           "  sluice backup /var/lib/sluice/before-the-move.db");
  verb.add_option("FILE", backup_.file, "an absolute path where there is no file yet")->required();
  AddDuration(verb, "--timeout", backup_.timeout, "longest time to wait for it (10m)");
}

void Grammar::AddAudit() {
  CLI::App& verb = AddVerb("audit", "show the audit trail: who did what, and what came of it",
                           audit_, "  sluice audit --service web\n  sluice audit verify");
  CLI::Option& file =
      *verb.add_option("FILE", audit_.file, absl::StrCat("the trail (", kDefaultAuditFile, ")"));
  verb.add_option("--service", audit_.service, "only of this service");
  verb.add_option("--principal", audit_.principal, "only of this token, user or certificate");
  verb.add_option("--limit,-n", audit_.limit, "the last so many; 0: all (100)")
      ->check(CLI::Range(0, kMaxLimit));
  CLI::App& verify = AddAction(verb, "verify", "tell whether a record was changed or removed",
                               audit_verify_, "  sluice audit verify audit.jsonl");
  verify.add_option("FILE", audit_verify_.file,
                    absl::StrCat("the trail (", kDefaultAuditFile, ")"));
  // The library calls back the inner one first.
  verb.callback([this, &verify, &file] {
    if (!verify.parsed()) chosen_ = &(last_ = audit_);
    // What `verify` has no place for, the library gives to the verb.
    if (verify.parsed() && file.count() > 0) throw CLI::ExtrasError("verify", {audit_.file});
  });
}

void Grammar::AddCerts() {
  CLI::App& verb = *app_.add_subcommand("certs", "make certificates for development");
  verb.require_subcommand(1);
  CLI::App& init =
      AddAction(verb, "init", "make an authority, a server's and a client's certificate", certs_,
                "  sluice certs init --dir certs --host deploy.example.org");
  init.add_option("--dir", certs_.directory, "where they go (certs)");
  init.add_option("--host", certs_.hosts,
                  "a DNS name or IP address of the server, besides localhost; may be repeated")
      ->allow_extra_args(false);
  init.add_option("--client", certs_.client, "the client's common name (developer)");
  init.add_flag("--force", certs_.force, "replace the files that are there");
}

void Grammar::AddToken() {
  CLI::App& verb = *app_.add_subcommand("token", "make bearer tokens");
  verb.require_subcommand(1);
  CLI::App& make = AddAction(verb, "new", "make a token, and the line for the token file", token_,
                             "  sluice token new ci --expires 2027-06-30\n"
                             "  sluice token new ci --file /etc/sluice/tokens");
  make.add_option("NAME", token_.name, "what grants call it")->required();
  make.add_option(
      "--expires", token_.expires,
      "a day such as 2027-06-30, valid to its end in UTC, or a time in RFC 3339 (never)");
  make.add_option("--file", token_.file, "append the line to this token file");
}

void Grammar::AddCompletion() {
  CLI::App& verb = AddVerb("completion", "print a shell's completion script", completion_,
                           "  source <(sluice completion bash)\n"
                           "  sluice completion fish > ~/.config/fish/completions/sluice.fish");
  verb.add_option("SHELL", completion_.shell, "bash, zsh or fish")
      ->required()
      ->check(OneOf({"bash", "zsh", "fish"}));
}

}  // namespace sluice::client
