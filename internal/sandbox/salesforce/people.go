package salesforce

const (
	// IntegrationUser is the id of the user as whom apps act.
	IntegrationUser = "005dL0000012aBcQAI"
	// organization is the id of the org.
	organization = "00DdL000000OrG1UAK"
	// Username is that of the integration user: the subject of assertions.
	Username = "integration@sandbox.example"
)

// people fills a new org.
func (s *Server) people() {
	s.put("Organization", organization, map[string]any{"Name": "Sandbox", "IsSandbox": true, "OrganizationType": "Enterprise Edition", "InstanceName": "SBX1"})
	s.put("User", IntegrationUser, map[string]any{"Name": "Integration User", "Username": Username, "Email": Username, "IsActive": true, "UserType": "Standard"})
	s.addUser("005dL0000012aB1QAI", "Owner One", "owner.one@example.com", true)
	s.addUser("005dL0000012aB2QAI", "Owner Two", "owner.two@example.com", true)
	s.addUser("005dL0000012aB3QAI", "Owner Gone", "gone@example.com", false)
	s.addQueue("00GdL000000XyZ1UAK", "Web leads", "Web_Leads", "Lead")
	for i, status := range s.objects["lead"].field("Status").Options {
		s.put("LeadStatus", "", map[string]any{
			"ApiName": status, "MasterLabel": status, "IsDefault": i == 0, "IsConverted": status == converted, "SortOrder": i + 1,
		})
	}
}

// AddUser adds somebody and returns the id.
func (s *Server) AddUser(name, email string, active bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addUser("", name, email, active)
}

func (s *Server) addUser(id, name, email string, active bool) string {
	return s.put("User", id, map[string]any{"Name": name, "Username": email, "Email": email, "IsActive": active, "UserType": "Standard"})
}

// AddQueue adds a queue for objects and returns its id.
func (s *Server) AddQueue(name, developerName string, objects ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addQueue("", name, developerName, objects...)
}

func (s *Server) addQueue(id, name, developerName string, objects ...string) string {
	id = s.put("Group", id, map[string]any{"Name": name, "DeveloperName": developerName, "Type": "Queue"})
	for _, object := range objects {
		s.put("QueueSobject", "", map[string]any{"QueueId": id, "SobjectType": object})
	}
	return id
}

// assignment is an assignment rule that is active.
type assignment struct{ id, object, owner string }

// AddAssignmentRule sets up an active rule that gives new records of an object to an owner, and returns its id. The rule
// of an object that was added last runs when a call names none.
func (s *Server) AddAssignmentRule(object, name, ownerID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.put("AssignmentRule", "", map[string]any{"Name": name, "SobjectType": object, "Active": true})
	s.assignments = append(s.assignments, assignment{id: id, object: object, owner: ownerID})
	return id
}
